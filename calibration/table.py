"""What a job found, as a page of Markdown: every quantity against its band, and the accounts' reliability.

In comes a file of the job; out comes text. Bands are simultaneous over the ranks and shared out over the
quantities of a case (Bonferroni), so that a case without any fault leaves them in at most 5 of 100 jobs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.bands import chance_of_more, is_inside, simultaneous_band
from calibration.job import read_job
from calibration.ranks import N_DRAWS
from calibration.reliability import Reliability, reliability

#: Share of even ranks that leave some band of a case.
OUTSIDE = 0.05


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity of one account, or of all pooled.

    `chance` is how often even ranks stray as far; `is_inside` whether these stay inside the band that all
    quantities share; `covered` the share of truths inside the central 90 % of the draws.
    """

    account: str
    quantity: str
    n: int
    chance: float
    is_inside: bool
    covered: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What a job found: rows by quantity, and reliability by account."""

    wishes: dict[str, Any]
    rows: tuple[Row, ...]
    accounts: dict[str, Reliability]
    n_sets: int
    n_failed: int
    n_unreliable: int
    cpu: float

    @property
    def is_calibrated(self) -> bool:
        """Whether everything is inside its band."""
        return all(row.is_inside for row in self.rows) and all(
            one.is_calibrated for one in self.accounts.values()
        )


def findings(wishes: dict[str, Any], lines: Sequence[dict[str, Any]]) -> Findings:
    """Return what the lines of a job say."""
    good = [line for line in lines if not line.get("failed")]
    groups = _groups(good)
    rows = tuple(
        _row(account, quantity, np.array(ranks), OUTSIDE / len(groups))
        for (account, quantity), ranks in groups.items()
    )
    names = sorted(good[0]["weights"])
    accounts = {
        name: reliability(
            np.array([line["weights"][name] for line in good]),
            np.array([line["account"] == name for line in good]),
            1.0 / len(names),
        )
        for name in names
    }
    unreliable = sum(not line["reliable"] for line in good)
    cpu = sum(line["cpu"] for line in good)
    return Findings(wishes, rows, accounts, len(good), len(lines) - len(good), unreliable, cpu)


def _row(account: str, quantity: str, ranks: NDArray[np.int64], outside: float) -> Row:
    edge = (N_DRAWS + 1) // 20
    return Row(
        account,
        quantity,
        n=len(ranks),
        chance=chance_of_more(ranks, N_DRAWS),
        is_inside=is_inside(ranks, simultaneous_band(len(ranks), N_DRAWS, outside)),
        covered=float(np.mean((ranks >= edge) & (ranks < N_DRAWS + 1 - edge))),
    )


def _groups(lines: Sequence[dict[str, Any]]) -> dict[tuple[str, str], list[int]]:
    """Return ranks by account and quantity; quantities under all accounts come last."""
    found: dict[tuple[str, str], list[int]] = {}
    for name in sorted({line["account"] for line in lines}):
        for line in lines:
            for quantity, rank in line["ranks"].items() if line["account"] == name else ():
                found.setdefault((name, quantity), []).append(rank)
    for line in lines:
        for quantity, rank in line["pooled"].items():
            found.setdefault(("all, by weight", quantity), []).append(rank)
    return found


def as_markdown(path: Path, command: str) -> str:
    """Return the page for a file of the job; `command` made the file."""
    found = findings(*read_job(path))
    wishes = found.wishes
    lines = [
        f"# Calibration: {wishes['case']}",
        "",
        f"Made by `{command}`: {found.n_sets} data sets imagined from the priors and weighed again, seed "
        f"{wishes['seed']}, effort {wishes['effort']}, {found.cpu / 60:.0f} CPU minutes; "
        f"{found.n_failed} draws left the real numbers, {found.n_unreliable} "
        "weighings called themselves not reliable.",
        "",
        f"Ranks of the truth among {N_DRAWS} posterior draws. Chance: how often even ranks stray as far. "
        "Inside: of the simultaneous band that 95 of 100 jobs without a fault do not leave in any of the "
        f"{len(found.rows)} rows, which is a chance above {OUTSIDE / len(found.rows):.5f}. "
        "Covered: truths inside the central 90 %.",
        "",
        "| account | quantity | data sets | chance | inside | covered |",
        "|---|---|---:|---:|---|---:|",
    ]
    for row in found.rows:
        inside = "yes" if row.is_inside else "**no**"
        found_is = f"{row.n} | {row.chance:.3f} | {inside} | {row.covered:.2f}"
        lines.append(f"| {row.account} | `{row.quantity}` | {found_is} |")
    for name, one in found.accounts.items():
        lines += ["", f"## Chances of the account {name}", "", _sentence(one), ""]
        lines += ["| chance given | data sets | mean chance | came true |", "|---|---:|---:|---:|"]
        lines += [
            f"| {least:.1f} to {most:.1f} | {n} | {mean:.3f} | {share:.3f} |"
            for least, most, n, mean, share in one.bins
        ]
    return "\n".join(lines) + "\n"


def _sentence(one: Reliability) -> str:
    verdict = "inside" if one.is_calibrated else "**outside**"
    return (
        f"Brier score {one.brier:.3f}, of which {one.miscalibration:.4f} is miscalibration (chance alone "
        f"stays below {one.allowed:.4f} in 95 of 100); mean chance {one.mean:.3f}, {one.drift:+.1f} standard "
        "errors from the prior's; mean chance less share that came true: "
        f"{one.gap:+.1f} standard deviations (chance alone: {one.gap_allowed:.1f}). All {verdict}."
    )
