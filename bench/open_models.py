"""How many models of a folder open and run, and why the rest do not.

    python bench/open_models.py FOLDER... [--verbose]

Takes every `.mdl`, `.xmile` and `.stmx` file below the folders, one at a time; files with the same bytes
count once. A model that reads tables finds them beside it; a data variable without data is not available.
Prints, as the tables of `docs/explain/compatibility.md` show it, how many open, how many of these run to
their end, and what stopped the rest.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ENDINGS = (".mdl", ".xmile", ".stmx")


@dataclass(frozen=True)
class Outcome:
    """What became of one file: `opens`, `runs`, and otherwise the code and words of what stopped it."""

    path: str
    opens: bool
    runs: bool
    code: str = ""
    reason: str = ""


def try_model(path: str) -> Outcome:
    """Open and run one model."""
    from realities.engine.reference import simulate
    from realities.errors import InputError, SimulationError
    from realities.model.compatibility import examine

    try:
        seen = examine(path)
    except InputError as problem:
        return Outcome(path, False, False, problem.diagnostics[0].code, problem.diagnostics[0].message)
    errors = [item for item in seen.found if item.severity == "error"]
    if seen.model is None:
        return Outcome(
            path, False, False, errors[0].code, f"{errors[0].message} (line {errors[0].span.line})"
        )
    try:
        simulate(seen.model)
    except SimulationError as failure:
        return Outcome(path, True, False, "run", str(failure).splitlines()[0])
    return Outcome(path, True, True)


def model_files(folders: list[Path]) -> list[str]:
    """Return the model files below some folders, in order, each content once."""
    found: dict[str, str] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in ENDINGS and path.is_file():
                found.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), str(path))
    return sorted(found.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument(
        "--verbose", action="store_true", help="one line for each model, not only the refused"
    )
    options = parser.parse_args()
    with ProcessPoolExecutor(2) as pool:
        outcomes = list(pool.map(try_model, model_files(options.folders)))
    for one in outcomes:
        if options.verbose or not one.runs:
            verdict = "runs" if one.runs else "opens, does not run" if one.opens else "refused"
            print(f"{one.path}: {verdict}{f': [{one.code}] {one.reason}' if one.code else ''}")
    for ending in ENDINGS:
        kind = [one for one in outcomes if one.path.lower().endswith(ending)]
        if kind:
            opened, run = sum(one.opens for one in kind), sum(one.runs for one in kind)
            print(f"{ending}: {len(kind)} files, {opened} open, {run} run")
    reasons = Counter(one.code for one in outcomes if one.code)
    print(", ".join(f"{count} {code}" for code, count in reasons.most_common()))


if __name__ == "__main__":
    main()
