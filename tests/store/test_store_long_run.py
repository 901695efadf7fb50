"""Long ensembles: blocks beside the file, taken up by the same run only, and by nobody when damaged."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from store_support import ensemble

from realities.errors import RealitiesError
from realities.store.blocks import BlockStore
from realities.store.long_run import Ensemble, LongRun, Size, heading_of, size_of

BLOCK = 15


class Counted:
    """A simulator that notes which draws it is asked for, and stops before one of them."""

    def __init__(self, whole: Ensemble, stop_at: int | None = None) -> None:
        self.inner, self.stop_at, self.asked = whole.simulator, stop_at, []
        self.model, self.outputs, self.integrator = self.inner.model, self.inner.outputs, "euler"

    def run(self, parameters=None, *, n_draws=None, seed=0, first_draw=0):
        if self.stop_at is not None and first_draw >= self.stop_at:
            raise KeyboardInterrupt
        self.asked.append(first_draw)
        return self.inner.run(parameters, n_draws=n_draws, seed=seed, first_draw=first_draw)


def finish(whole: Ensemble, path: Path, block: int = BLOCK) -> list[int]:
    """Run an ensemble to its end; return the first draws of the blocks that had to be computed."""
    counted = Counted(whole)
    with LongRun(replace(whole, simulator=counted), path, block=block) as run:
        run.compute()
        run.write()
    return counted.asked[1:]  # the first draw alone shows the heading


def interrupt(whole: Ensemble, path: Path, stop_at: int) -> None:
    with (
        LongRun(replace(whole, simulator=Counted(whole, stop_at)), path, block=BLOCK) as run,
        pytest.raises(KeyboardInterrupt),
    ):
        run.compute()


@pytest.mark.parametrize("suffix", [".csv", ".nc", ".parquet"])
def test_a_long_run_writes_what_a_short_one_writes_whatever_the_blocks(tmp_path: Path, suffix: str) -> None:
    whole = ensemble(tmp_path)
    result = whole.simulator.run(whole.parameters, n_draws=60, seed=3)
    write = {".csv": result.write_csv, ".nc": result.write_netcdf, ".parquet": result.write_parquet}[suffix]
    write(tmp_path / f"short{suffix}")
    for block in (7, BLOCK, 59, 60):
        finish(whole, tmp_path / f"long{suffix}", block)
        assert (tmp_path / f"long{suffix}").read_bytes() == (tmp_path / f"short{suffix}").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"model.mdl", f"short{suffix}", f"long{suffix}"}


def test_slabs_may_be_smaller_and_larger_than_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ensemble(tmp_path)
    texts = []
    for slab in (1, 4, 1000):
        monkeypatch.setattr("realities.output.heading.SLAB_BYTES", slab * 3 * 5 * 8)
        assert heading_of(whole).slab == min(slab, 60)
        finish(whole, tmp_path / "out.csv")
        texts.append((tmp_path / "out.csv").read_bytes())
    assert len(set(texts)) == 1


def test_an_unfinished_run_is_taken_up_where_it_was(tmp_path: Path) -> None:
    whole = ensemble(tmp_path)
    finish(whole, tmp_path / "whole.nc")
    interrupt(whole, tmp_path / "out.nc", stop_at=30)
    assert not (tmp_path / "out.nc").exists()
    assert finish(whole, tmp_path / "out.nc") == [30, 45]
    assert (tmp_path / "out.nc").read_bytes() == (tmp_path / "whole.nc").read_bytes()
    assert finish(whole, tmp_path / "out.nc") == [0, 15, 30, 45], "a finished run is replaced, not taken up"


@pytest.mark.parametrize("what", ["seed", "draws", "outputs", "model", "engine", "program"])
def test_another_run_starts_afresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    whole = ensemble(tmp_path)
    interrupt(whole, tmp_path / "out.csv", stop_at=30)
    other = whole
    if what == "seed":
        other = replace(whole, seed=4)
    elif what == "draws":
        changed = {name: values.copy() for name, values in whole.parameters.items()}
        changed["death rate"][59] = np.nextafter(changed["death rate"][59], 1)
        other = replace(whole, parameters=changed)
    elif what in ("outputs", "model"):
        text = (tmp_path / "model.mdl").read_text()
        (tmp_path / "model.mdl").write_text(text.replace("0.05", "0.06") if what == "model" else text)
        from realities.engine.reference import Simulator
        from realities.model.load import load_model

        names = ["prey", "hunter", "weather"][: 2 if what == "outputs" else 3]
        other = replace(whole, simulator=Simulator(load_model(tmp_path / "model.mdl"), outputs=names))
    elif what == "engine":
        other = replace(whole, engine="another")
    else:
        monkeypatch.setattr("realities.store.long_run.program_identity", lambda: {"realities": "newer"})
    assert finish(other, tmp_path / "out.csv") == [0, 15, 30, 45]


@pytest.mark.parametrize("harm", ["torn", "empty", "flipped", "gone", "foreign"])
@pytest.mark.parametrize("part", ["values", "failed", "digest"])
def test_a_damaged_block_is_computed_again(tmp_path: Path, harm: str, part: str) -> None:
    whole = ensemble(tmp_path)
    finish(whole, tmp_path / "whole.nc")
    interrupt(whole, tmp_path / "out.nc", stop_at=45)
    place = {"values": "c/1/0/0", "failed": "c/1", "digest": "c/1/0"}[part]
    chunk = tmp_path / "out.nc.part" / part / place
    content = chunk.read_bytes()
    if harm == "gone":
        chunk.unlink()
    elif harm == "foreign":  # whole and sound, but of other draws
        other = tmp_path / "out.nc.part" / part / place.replace("c/1", "c/2")
        chunk.write_bytes(other.read_bytes())
    else:
        flipped = bytes([content[0] ^ 4]) + content[1:]
        chunk.write_bytes({"torn": content[: len(content) // 2], "empty": b"", "flipped": flipped}[harm])
    computed = finish(whole, tmp_path / "out.nc")
    # A chunk of `failed` that is gone, or is another block's, says "nobody failed", as the right one did.
    says_the_same = part == "failed" and harm in ("gone", "foreign")
    assert computed == ([45] if says_the_same else [15, 45])
    assert (tmp_path / "out.nc").read_bytes() == (tmp_path / "whole.nc").read_bytes()


@pytest.mark.parametrize("torn", ["zarr.json", "values/zarr.json", "digest/zarr.json"])
def test_a_store_that_cannot_be_read_is_made_anew(tmp_path: Path, torn: str) -> None:
    whole = ensemble(tmp_path)
    interrupt(whole, tmp_path / "out.csv", stop_at=30)
    (tmp_path / "out.csv.part" / torn).write_text('{"zarr_format": 3, "node_ty')
    assert finish(whole, tmp_path / "out.csv") == [0, 15, 30, 45]


def test_a_block_that_is_damaged_after_it_was_looked_at_is_computed_again(tmp_path: Path) -> None:
    whole = ensemble(tmp_path)
    finish(whole, tmp_path / "whole.csv")
    with LongRun(whole, tmp_path / "out.csv", block=BLOCK) as run:
        run.compute()
        (tmp_path / "out.csv.part" / "values" / "c" / "1" / "0" / "0").write_bytes(b"\0" * 10)
        run.write()
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "out.csv.part" / "thesis.txt"
    theirs.parent.mkdir()
    theirs.write_text("years of work")
    with pytest.raises(RealitiesError, match="in the way"):
        finish(ensemble(tmp_path), tmp_path / "out.csv")
    assert theirs.read_text() == "years of work"


def test_two_processes_never_write_one_file_at_a_time(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    whole = ensemble(tmp_path)
    with LongRun(whole, tmp_path / "out.csv", block=BLOCK):
        script = (
            "import fcntl, os, sys\n"
            "handle = os.open(sys.argv[1], os.O_RDWR)\n"
            "try: fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
            "except OSError: print('kept out')\n"
        )
        lock = str(tmp_path / "out.csv.part" / "realities.lock")
        line = [sys.executable, "-c", script, lock]
        assert subprocess.run(line, capture_output=True, text=True, check=True).stdout == "kept out\n"
        with pytest.raises(RealitiesError, match="another run is writing"):
            LongRun(whole, tmp_path / "out.csv", block=BLOCK)
    finish(whole, tmp_path / "out.csv")


def test_draws_that_fail_are_told_as_in_a_short_run(tmp_path: Path) -> None:
    whole = ensemble(tmp_path)
    parameters = dict(whole.parameters)
    parameters["birth rate"] = parameters["birth rate"].copy()
    parameters["birth rate"][[20, 50]] = 1e300
    whole = replace(whole, parameters=parameters)
    short = whole.simulator.run(parameters, n_draws=60, seed=3)
    with LongRun(whole, tmp_path / "out.csv", block=BLOCK) as run:
        outcome = run.compute()
    assert outcome.failed.nonzero()[0].tolist() == [20, 50] == short.failed.nonzero()[0].tolist()
    assert outcome.first_failure == short.first_failure


def test_times_must_be_equal_for_all_draws_whatever_the_blocks(tmp_path: Path) -> None:
    whole = ensemble(tmp_path)
    for name in ("TIME STEP", "FINAL TIME"):
        differs = np.where(np.arange(60) < 30, 0.5, 1.0)  # equal within every block of 15
        mixed = replace(whole, parameters={**whole.parameters, name: differs})
        with (
            LongRun(mixed, tmp_path / "out.csv", block=BLOCK) as run,
            pytest.raises(RealitiesError, match="must be equal for all draws"),
        ):
            run.compute()


def test_negative_zeros_come_back_as_they_were(tmp_path: Path) -> None:
    heading = heading_of(ensemble(tmp_path))
    values = np.full((BLOCK, 3, 5), -0.0)
    with BlockStore(tmp_path / "x.part", heading, BLOCK, "ab" * 32) as store:
        store.write(2, values, np.zeros(BLOCK, dtype=bool))
        kept = store.read(2)
    assert kept is not None
    assert np.signbit(np.stack(kept.values)).all()
    assert kept.first == 30


def test_size_counts_steps_and_bytes(tmp_path: Path) -> None:
    size = size_of(ensemble(tmp_path))
    assert (size.n_draws, size.n_variables, size.n_times, size.n_steps) == (60, 3, 5, 8)
    assert not size.is_long
    million = Size(10**6, 5, 50, 300, 400)
    assert million.is_long
    assert million.block * 5 * 50 * 8 <= 2**24
    assert (million.block + 1) % 8 == 0, "with the first draw once more, blocks are whole vectors"
    assert not Size(1, 10**6, 10**4, 10**6, 10**6).is_long, "one draw has no blocks"


def test_a_run_that_is_not_long_replaces_an_unfinished_one(tmp_path: Path) -> None:
    from realities.cli import invoke

    whole = ensemble(tmp_path)
    interrupt(whole, tmp_path / "out.csv", stop_at=30)
    line = ["-q", "simulate", str(tmp_path / "model.mdl"), "--out", str(tmp_path / "out.csv")]
    with LongRun(whole, tmp_path / "out.csv", block=BLOCK):  # somebody is at it
        assert invoke(line) == 0
        assert (tmp_path / "out.csv.part").exists()
    assert invoke(line) == 0
    assert not (tmp_path / "out.csv.part").exists()


def test_a_model_that_fails_in_every_draw_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from realities.cli import invoke

    monkeypatch.setattr("realities.store.long_run.LONG_BYTES", 0)
    ensemble(tmp_path)
    (tmp_path / "draws.csv").write_text("birth rate\n" + "1e300\n" * 40)
    line = ["-q", "simulate", str(tmp_path / "model.mdl"), "--draws", str(tmp_path / "draws.csv")]
    assert invoke([*line, "--out", str(tmp_path / "out.csv")]) == 4
    assert '"prey" left the real numbers' in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"model.mdl", "draws.csv"}


def test_who_stops_a_long_run_is_told_how_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from realities.cli import invoke

    monkeypatch.setattr("realities.store.long_run.LONG_BYTES", 0)
    ensemble(tmp_path)
    (tmp_path / "draws.csv").write_text("birth rate\n" + "0.5\n" * 40)
    line = ["simulate", str(tmp_path / "model.mdl"), "--draws", str(tmp_path / "draws.csv")]
    line += ["--out", str(tmp_path / "out.csv")]

    def press(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("realities.store.long_run.write_slabs", press)
        assert invoke(line) == 130
    assert f"kept in {tmp_path / 'out.csv.part'}; the same command goes on" in capsys.readouterr().err
    assert invoke(line) == 0
    told = capsys.readouterr().err
    assert "Resumed: 40 of 40 draws" in told
    assert "Writing                      100 %" in told
