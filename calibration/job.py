"""The slow job: many data sets imagined and weighed, one line of a file each, taken up again after a stop.

In come a case, how many data sets, a seed and an effort; out comes a file of JSON lines: what was asked for,
then one ranking a line. Started again with the same wishes, it goes on where it stopped; with others it
refuses. Next is `table.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from calibration.imagined import World, imagine
from calibration.ranks import rank
from calibration.three_reporters import write_case
from realities.case.folder import Case, load_case
from realities.weigh.sampling.evidence import Effort, SamplerSettings

#: The case that is written when it is asked for; any other name is that of a bundled case or a folder.
WRITTEN = "three-reporters"


def case_named(name: str, scratch: Path) -> Case:
    """Return a case by its name, or the one that is written for this purpose."""
    return load_case(write_case(scratch / WRITTEN) if name == WRITTEN else name)


def run_job(
    name: str,
    path: Path,
    *,
    n_sets: int,
    seed: int,
    effort: Effort,
    accounts: Sequence[str] = (),
    told: Callable[[str], None] = lambda _: None,
) -> None:
    """Weigh `n_sets` imagined data sets of a case and append what they say to a file.

    With `accounts`, only those of the case make data and are weighed.
    """
    wishes = {"case": name, "accounts": list(accounts), "sets": n_sets, "seed": seed, "effort": effort}
    done = _begin(path, wishes)
    with TemporaryDirectory() as scratch:
        case = only(case_named(name, Path(scratch)), accounts)
        world = imagine(case, n_sets, seed)
        for number in range(n_sets):
            if number in done:
                continue
            line = _one(world, number, seed, effort)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            told(f"{number + 1} of {n_sets}: {line.get('cpu', 0.0):.1f} CPU s")


def only(case: Case, accounts: Sequence[str]) -> Case:
    """Return a case with some of its accounts, or all where none is named."""
    chosen = [case.account(account) for account in accounts]
    return replace(case, accounts=tuple(chosen)) if chosen else case


def maker_of(case: Case, number: int, seed: int) -> str:
    """Return the account that makes a data set: each equally often, in an order left to chance.

    Equal shares leave the mean probability of an account where it is, at the prior's, and spare it the
    scatter of the shares.
    """
    accounts = sorted(account.id for account in case.accounts)
    turn, place = divmod(number, len(accounts))
    return accounts[int(np.random.default_rng([seed, turn, 4]).permutation(len(accounts))[place])]


def _one(world: World, number: int, seed: int, effort: Effort | SamplerSettings) -> dict[str, Any]:
    account = maker_of(world.case, number, seed)
    data = world.data_set(number, account)
    if data is None:
        return {"number": number, "account": account, "failed": True}
    return rank(data, effort=effort, seed=seed).to_json()


def read_job(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what a file was asked for, and its rankings; a last line that was cut off is left out."""
    lines = path.read_text(encoding="utf-8").split("\n")
    whole = [json.loads(line) for line in lines[:-1]]
    return whole[0], whole[1:]


def _begin(path: Path, wishes: dict[str, Any]) -> set[int]:
    """Return which data sets are done; the file begins with the wishes and ends with a whole line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or "\n" not in path.read_text(encoding="utf-8"):
        path.write_text(json.dumps(wishes) + "\n", encoding="utf-8")
        return set()
    text = path.read_text(encoding="utf-8")
    if not text.endswith("\n"):
        path.write_text(text[: text.rindex("\n") + 1], encoding="utf-8")
    known, rankings = read_job(path)
    if known != wishes:
        raise ValueError(f"{path} holds {known}, not {wishes}: remove it or choose another folder")
    return {ranking["number"] for ranking in rankings}
