"""Processes that are killed, wherever they are, and run again: the file has the same bytes."""

from __future__ import annotations

import random
import signal
import sys
from pathlib import Path

import pytest
from store_support import MODEL, run_child, write_draws

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")


def line(folder: Path, name: str, n_draws: int) -> list[str]:
    (folder / "model.mdl").write_text(MODEL)
    write_draws(folder / "draws.csv", n_draws)
    table = ["--draws", str(folder / "draws.csv"), "--out", str(folder / name)]
    return ["-q", "simulate", str(folder / "model.mdl"), *table]


def kills(folder: Path, suffix: str, n_kills: int, n_draws: int, seed: int) -> None:
    block_bytes = 15 * 10 * 5 * 8  # fifteen draws, ten variables, five times
    watched = folder / f"out{suffix}.part"
    arguments = line(folder, f"out{suffix}", n_draws)
    code, n_operations = run_child(arguments, watched=watched, block_bytes=block_bytes)
    assert code == 0
    assert n_operations is not None
    assert n_operations > 100
    expected = (folder / f"out{suffix}").read_bytes()
    (folder / f"out{suffix}").unlink()
    rng = random.Random(seed)
    n_killed = 0
    for fatal in [rng.randrange(1, n_operations + 1) for _ in range(n_kills)]:
        code, _ = run_child(arguments, watched=watched, fatal=fatal, block_bytes=block_bytes)
        n_killed += code == -signal.SIGKILL
    assert n_killed, "no process was killed: nothing was tested"
    assert run_child(arguments, watched=watched, block_bytes=block_bytes)[0] == 0
    assert (folder / f"out{suffix}").read_bytes() == expected
    assert {path.name for path in folder.iterdir()} == {"model.mdl", "draws.csv", f"out{suffix}"}


def test_simulate_killed_twice_and_resumed_writes_the_same_bytes(tmp_path: Path) -> None:
    kills(tmp_path, ".nc", n_kills=2, n_draws=60, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".csv", ".nc", ".parquet"])
@pytest.mark.parametrize("seed", [1, 2])
def test_simulate_killed_at_ten_random_moments_writes_the_same_bytes(
    tmp_path: Path, suffix: str, seed: int
) -> None:
    kills(tmp_path, suffix, n_kills=10, n_draws=300, seed=seed)
