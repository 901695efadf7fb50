"""Processes that are killed, wherever they are, and run again: the file has the same bytes."""

from __future__ import annotations

import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_support import MODEL, Children, write_draws

from realities.cli import invoke

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")


@pytest.fixture(scope="module")
def children(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Children]:
    started = Children(tmp_path_factory.mktemp("children"))
    yield started
    started.end()


def line(folder: Path, name: str, n_draws: int) -> list[str]:
    (folder / "model.mdl").write_text(MODEL)
    write_draws(folder / "draws.csv", n_draws)
    table = ["--draws", str(folder / "draws.csv"), "--out", str(folder / name)]
    return ["-q", "simulate", str(folder / "model.mdl"), *table]


def kill_and_resume(
    children: Children,
    arguments: list[str],
    results: list[Path],
    *,
    watched: Path,
    n_kills: int,
    seed: int,
    block_bytes: int = 0,
) -> None:
    """Run to the end; then anew, killed at random file operations, and to the end: the same bytes."""
    code, n_operations = children.run(arguments, watched=watched, block_bytes=block_bytes)
    assert code == 0
    assert n_operations is not None
    assert n_operations > 50
    expected = [path.read_bytes() for path in results]
    for path in results:
        path.unlink()
    left = sorted(path.name for path in watched.parent.iterdir())
    rng = random.Random(seed)
    n_killed = 0
    for fatal in [rng.randrange(1, n_operations + 1) for _ in range(n_kills)]:
        code, _ = children.run(arguments, watched=watched, fatal=fatal, block_bytes=block_bytes)
        n_killed += code == -signal.SIGKILL
    assert n_killed, "no process was killed: nothing was tested"
    assert children.run(arguments, watched=watched, block_bytes=block_bytes)[0] == 0
    assert [path.read_bytes() for path in results] == expected
    assert sorted(path.name for path in watched.parent.iterdir()) == sorted(
        [*left, *(path.name for path in results)]
    )


def kills(children: Children, folder: Path, suffix: str, n_kills: int, n_draws: int, seed: int) -> None:
    """Kill `simulate` with a table of draws."""
    kill_and_resume(
        children,
        line(folder, f"out{suffix}", n_draws),
        [folder / f"out{suffix}"],
        watched=folder / f"out{suffix}.part",
        n_kills=n_kills,
        seed=seed,
        block_bytes=15 * 10 * 5 * 8,  # fifteen draws, ten variables, five times
    )


def kills_of_run(
    children: Children, home: Path, n_kills: int, seed: int, threads: int, *options: str
) -> None:
    """Kill `run` of the small example."""
    assert invoke(["-q", "new", str(home / "mine")]) == 0
    out = home / "out"
    arguments = ["-q", "run", str(home / "mine"), "--quick", "--threads", str(threads), "--out", str(out)]
    names = ("claims.jsonld", "forecasts.csv", "report.html", "results.json", "results.nc")
    results = [out / name for name in names]
    kill_and_resume(
        children, [*arguments, *options], results, watched=out / "results.part", n_kills=n_kills, seed=seed
    )


def test_simulate_killed_twice_and_resumed_writes_the_same_bytes(children: Children, tmp_path: Path) -> None:
    kills(children, tmp_path, ".nc", n_kills=2, n_draws=60, seed=1)


def test_run_killed_and_resumed_writes_the_same_bytes(children: Children, tmp_path: Path) -> None:
    kills_of_run(children, tmp_path, 1, 1, 1, "--as-of", "2016-06-30", "--draws", "50")


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_run_killed_at_ten_random_moments_writes_the_same_bytes(
    children: Children, tmp_path: Path, threads: int
) -> None:
    kills_of_run(children, tmp_path, 10, 2, threads)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".csv", ".nc", ".parquet"])
@pytest.mark.parametrize("seed", [1, 2])
def test_simulate_killed_at_ten_random_moments_writes_the_same_bytes(
    children: Children, tmp_path: Path, suffix: str, seed: int
) -> None:
    kills(children, tmp_path, suffix, n_kills=10, n_draws=300, seed=seed)
