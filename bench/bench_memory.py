"""How much memory an ensemble takes whose results are kept as quantiles.

    python bench/bench_memory.py [--workload B] [--draws 10000 100000] [--threads N] [--engine E]

Runs `realities bench` for models of `workloads.py` with 5 outputs at 51 times, each number of draws in a
process of its own, and prints the most memory that it had in use, all included: Python, NumPy, SciPy, LLVM,
the model, blocks that are computed, and the values that quantiles keep.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from workloads import Workload, workload


def measured(made: Workload, path: Path, n_draws: int, options: list[str]) -> dict[str, Any]:
    """Return what `realities bench` prints."""
    only = [word for output in made.outputs for word in ("--only", output)]
    command = [sys.executable, "-m", "realities", "bench", str(path), "--json", "-q", "--draws", str(n_draws)]
    done = subprocess.run([*command, *only, *options], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--workload", default="B")
    parser.add_argument("--draws", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--engine")
    options = parser.parse_args()
    more = ["--threads", str(options.threads), *(["--engine", options.engine] if options.engine else [])]
    made = workload(options.workload)
    with tempfile.TemporaryDirectory() as folder:
        path = made.write(Path(folder) / f"{made.name}.mdl")
        for n_draws in options.draws:
            found = measured(made, path, n_draws, more)
            print(
                f"{made.name}, {found['engine']}, {found['threads']} threads, {n_draws:10,d} draws: "
                f"{found['peak_rss_mb']:6.1f} MB, {found['cpu_s']:7.1f} s of the processor"
            )


if __name__ == "__main__":
    main()
