"""How far a shorter time step moves the chances of a case's claims.

    python bench/timestep.py [CASE] [--as-of 2022-10-05] [--effort sketch] [--parts 2 4] [--draws 4000]

Every account is fitted at the case's own step, as of one date. The same posterior draws are then run forward
at that step, at a half and at a quarter of it, and the chance of every claim is compared: nothing but the
step differs. Prints the claims that move by more than 0.005, the farthest first, and what moves most in all.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from realities.case.folder import Case, load_case
from realities.weigh.forward import ForwardTask, forward
from realities.weigh.posterior import fit_account

#: A claim that moves by less is not printed: by account, two standard errors of a chance are about so much.
TOLD = 0.005
_STEP = re.compile(r"(^TIME STEP\s*=\s*)([\d.]+)", re.MULTILINE)


def main() -> None:
    """Fit once, run forward at every step, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", nargs="?", default="ukraine-2022")
    parser.add_argument("--as-of", default="2022-10-05")
    parser.add_argument("--effort", default="sketch")
    parser.add_argument("--parts", type=int, nargs="*", default=[2, 4])
    parser.add_argument("--draws", type=int, default=4000)
    options = parser.parse_args()
    case, as_of = load_case(options.case), date.fromisoformat(options.as_of)
    with TemporaryDirectory() as scratch:
        finer = {part: with_step(case, Path(scratch) / str(part), part) for part in options.parts}
        moves = [
            (abs(found[part] - found[1]), claim, account.id, part, found)
            for account in case.accounts
            for claim, found in chances(case, finer, account.id, as_of, options).items()
            for part in options.parts
        ]
    for move, claim, account, part, found in sorted(moves, key=lambda one: -one[0]):
        if move > TOLD:
            chances_told = f"{found[1]:.3f} at its step, {found[part]:.3f} at 1/{part}"
            print(f"{move:.3f}  {claim:32} {account:10} {chances_told}")
    print(f"most: {max(move for move, *_ in moves):.4f}, of {len(moves)} chances")


def with_step(case: Case, folder: Path, part: int) -> Case:
    """Return a copy of a case whose time step is so many times shorter."""
    shutil.copytree(case.folder, folder)
    model = folder / case.model_path.name
    text, found = _STEP.subn(lambda m: f"{m[1]}{float(m[2]) / part!r}", model.read_text(encoding="utf-8"))
    if found != 1:
        raise SystemExit(f"{case.model_path.name}: one line `TIME STEP = number` is needed, not {found}")
    model.write_text(text, encoding="utf-8")
    return load_case(folder)


def chances(
    case: Case, finer: dict[int, Case], account: str, as_of: date, options: argparse.Namespace
) -> dict[str, dict[int, float]]:
    """Return the chance of each claim by the part of the step it is run at, from the same draws."""
    fit = fit_account(case, account, as_of=as_of, seed=case.seed, effort=options.effort)
    task = ForwardTask(fit, as_of, options.draws, case.seed, with_pairs=True)
    by_part = {part: forward(one, task).chances for part, one in {1: case, **finer}.items()}
    return {claim: {part: found[claim] for part, found in by_part.items()} for claim in by_part[1]}


if __name__ == "__main__":
    main()
