"""A `Sensitivity` as tables, for terminal, Markdown and CSV alike.

In comes what `analysis.py` found; out come `Table`s of text: which assumptions move each claim, which reports
moved the weights, which report still to come would tell most. Accounts are named by the letters they have
everywhere, in the order of the case. Chances and weights are counts out of 100, never 0 or 100. Next is
`as_json.py`.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from realities.case.folder import Case
from realities.figures.counts import shown_share
from realities.weigh.sensitivity.analysis import AtDate, Sensitivity
from realities.weigh.sensitivity.assumptions import ClaimUnder, Effect
from realities.weigh.sensitivity.moves import Move, Share
from realities.weigh.sensitivity.separating import Candidate, best_of_each

#: Assumptions told of a claim; moves, shares and reports to come that are told.
MOST_EFFECTS, MOST_ROWS = 5, 10
#: What stands in the place of a number that the diagnostics do not support.
NOT_RELIABLE = "not reliable"
#: Characters of a list of names; and, at least, of a last column.
_LONG, _LEAST_ROOM = 60, 40


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a title, with what has to be known to read them.

    `numeric` are the columns that hold numbers.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    numeric: frozenset[int] = frozenset()

    def markdown(self) -> str:
        """Return the table as Markdown, notes below it."""
        rules = ["---:" if k in self.numeric else "---" for k in range(len(self.columns))]
        lines = [_line(self.columns), _line(rules), *(_line(row) for row in self.rows)]
        return "\n".join([*lines, "", *(f"{note}\n" for note in self.notes)]).strip()

    def plain(self, width: int = 110) -> list[str]:
        """Return the table as lines of text; the last column and the notes are wrapped at a width."""
        body = [self.columns, *self.rows]
        widths = [max(len(row[k]) for row in body) for k in range(len(self.columns) - 1)]
        lines = []
        for row in body:
            cells = [
                cell.rjust(width) if k in self.numeric else cell.ljust(width)
                for k, (cell, width) in enumerate(zip(row, widths, strict=False))
            ]
            lines += _hung("  ".join([*cells, ""]), row[-1], width)
        return [self.title, *lines, *(line for note in self.notes for line in wrap(note, width)), ""]


def _hung(head: str, text: str, width: int) -> list[str]:
    """Return a text behind a head, its further lines below its first."""
    room = max(width - len(head), _LEAST_ROOM)
    first, *others = wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
    return [f"{head}{first}".rstrip(), *(" " * len(head) + line for line in others)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def badges(case: Case) -> dict[str, str]:
    """Return the letter of each account, by its id."""
    return dict(zip((one.id for one in case.accounts), string.ascii_uppercase, strict=False))


def tables_of(found: Sensitivity) -> tuple[Table, ...]:
    """Return all tables, in the order in which they are read."""
    tables = [claims_table(found, found.last)]
    if len(found.dates) > 1:
        tables.append(claims_over_time(found))
    if found.quantities:
        tables.append(quantities_over_time(found))
    if found.moves is not None:
        tables += [moves_table(found), shares_table(found, "quantity"), shares_table(found, "reporter")]
    return (*tables, candidates_table(found))


def claims_table(found: Sensitivity, at: AtDate) -> Table:
    """Return, for every claim with a predicate, its chances and the assumptions that move it most."""
    letters = badges(found.case)
    rows = []
    for claim in found.case.claims:
        if claim.predicate is not None:
            under = [one.claims[claim.id] for one in at.under]
            chances = [_chance(one) if at.is_reliable(one.account) else NOT_RELIABLE for one in under]
            rows.append((claim.id, *chances, _effects(at.leading(claim.id, MOST_EFFECTS), letters)))
    return Table(
        name="claims",
        title=f"Which assumptions move each claim, as of {at.as_of} (chances out of 100)",
        columns=("claim", *(letters[one.account] for one in at.under), "assumptions, the largest move first"),
        rows=tuple(rows),
        notes=(_key(found.case, [one.account for one in at.under]), *_claims_notes(at)),
        numeric=frozenset(range(1, 1 + len(at.under))),
    )


def _chance(under: ClaimUnder) -> str:
    return shown_share(under.chance) + ("*" if under.decided else "")


def _claims_notes(at: AtDate) -> tuple[str, ...]:
    together = [
        f"{one.account}: {first} and {second} ({rank:+.1f})"
        for one in at.under
        for first, second, rank in one.correlations[:2]
    ]
    shared = f"Inputs that go together in the draws share their effects: {'; '.join(together)}."
    return (
        "*: decided in every draw. An assumption is told under the account where it moves most. `a to b`: "
        "the chance in the lowest and in the highest fifth of an input's draws. `a = b`: a value that an "
        "account fixes, put back to the common one, alone, in the same draws and without a new fit; values "
        "that an account sets together make, one at a time, a mixture that nobody stated. `~`: a prior of "
        "the account's own, exchanged for the common one, reports included. `margin`: the chance stays, the "
        "margin shifts. Values are put back in fewer draws than give the chances, so that the first of the "
        "two numbers may differ from the account's chance by the draws' error.",
        *([shared] if together else []),
    )


def claims_over_time(found: Sensitivity) -> Table:
    """Return, for each date, the assumption that moves each claim most."""
    letters = badges(found.case)
    rows = []
    for claim in found.case.claims:
        if claim.predicate is None:
            continue
        first = [at.leading(claim.id, 1) for at in found.dates]
        cells = [_effects([one for one in own if one.moves_chance], letters) for own in first]
        if any(cells):
            rows.append((claim.id, *(cell or "-" for cell in cells)))
    return Table(
        name="claims over time",
        title="Which assumption moves each claim most, by the date of the draws",
        columns=("claim", *(f"as of {at.as_of}" for at in found.dates)),
        rows=tuple(rows),
        notes=("Claims of which no assumption moves the chance on any of these dates are left out.",),
    )


def quantities_over_time(found: Sensitivity) -> Table:
    """Return, for each reported quantity and day, the input that shifts it most."""
    letters = badges(found.case)
    known = [one for one in found.quantities if found.last.is_reliable(one.account)]
    days = sorted({one.day for one in known})
    best: dict[tuple[str, object], str] = {}
    for one in sorted(known, key=lambda one: -one.shift):
        best.setdefault((one.quantity, one.day), f"{one.name} {one.shift:.2f} ({letters[one.account]})")
    named = list(dict.fromkeys(one.quantity for one in known))
    return Table(
        name="quantities over time",
        title=f"Which input shifts each quantity most, by day of the model, as of {found.as_of}",
        columns=("quantity", *(str(day) for day in days)),
        rows=tuple((name, *(best.get((name, day), "-") for day in days)) for name in named),
        notes=("The number is the PAWN index, between 0 and 1, under the account where it is largest.",),
    )


def moves_table(found: Sensitivity) -> Table:
    """Return the moves of most weight."""
    assert found.moves is not None
    letters = badges(found.case)
    rows = [
        (
            str(move.day),
            _news(move, "quantity"),
            _news(move, "reporter"),
            f"{100 * move.moved:.0f}",
            f"{letters[move.loser]} to {letters[move.winner]}",
            f"{move.gap[0]:.1f} ± {move.gap[1]:.1f}",
            " ".join(f"{letters[name]} {shown_share(weight)}" for name, weight in move.after.items()),
        )
        for move in found.moves.largest(MOST_ROWS)
    ]
    return Table(
        name="moves",
        title=f"Which reports moved the weights, of what was published by {found.as_of}",
        columns=("known on", "quantity", "reporter", "weight moved", "from, to", "log odds", "weights after"),
        rows=tuple(rows),
        notes=(
            "Weight moved is out of 100, with what was known before each report. Log odds: by how much more "
            "likely the account that gained most made what was reported than the one that lost most. "
            f"Accounts were written on {_authored(found.case)}: before that all is hindsight.",
        ),
        numeric=frozenset({3}),
    )


def shares_table(found: Sensitivity, of: str) -> Table:
    """Return what all reports of each quantity, or of each reporter, did to the log evidences."""
    assert found.moves is not None
    letters = badges(found.case)
    shares: Sequence[Share] = found.moves.by_quantity if of == "quantity" else found.moves.by_reporter
    return Table(
        name=f"by {of}",
        title=f"What each {of} did to the log evidences in sum, less the mean of all accounts",
        columns=(of, "moves", *letters.values()),
        rows=tuple(
            (share.name, str(share.n), *(f"{share.gained[name]:+.1f}" for name in letters))
            for share in shares[:MOST_ROWS]
        ),
        notes=(
            "All add up to the log evidence: what came first counts first, and what repeats it adds little.",
        ),
        numeric=frozenset(range(1, 2 + len(letters))),
    )


def candidates_table(found: Sensitivity) -> Table:
    """Return the reports to come that would tell most, one of each quantity."""
    letters = badges(found.case)
    best = best_of_each(found.candidates)[:MOST_ROWS]
    return Table(
        name="reports to come",
        title=f"Which report still to come would tell most about which account holds, as of {found.as_of}",
        columns=(
            "quantity",
            "as reported by",
            "of the day",
            "bits",
            "bits, even weights",
            "leading, if so or not",
            "expected, median by account",
        ),
        rows=tuple(
            (
                one.quantity,
                one.reporter,
                str(one.day),
                *(
                    _information(one)
                    if found.last.weighing.reliable and one.reliable
                    else (NOT_RELIABLE,) * 3
                ),
                _expected(one, letters),
            )
            for one in best
        ),
        notes=(
            "One report more of whoever said most of the quantity, with bias, noise and model error; the "
            "first day of those tried that gives nearly the most. Bits: mutual information of account and "
            "report under the weights of the date, and under even ones; lower bounds. Leading: the weight "
            f"out of 100 that {_leader(found)} would be expected to have after the report if it holds, and "
            "if another does. Two reports that say the same do not tell twice as much.",
        )
        if best
        else ("There is no day left in the case, or no figure of anybody to think of another of.",),
        numeric=frozenset({3, 4, 5}),
    )


# -- words ----------------------------------------------------------------------------------------


def effect_text(effect: Effect, letters: dict[str, str]) -> str:
    """Return one effect in words: the assumption, its two values, under whom, and the two chances."""
    first, second = effect.values
    how = {"input": f"{first} to {second}", "constant": f"{first} = {second}", "prior": "~"}[effect.kind]
    text = f"{effect.name} {how} ({letters[effect.account]})"
    if not effect.moves_chance or effect.chances is None:
        return f"{text} margin"
    before, after = (shown_share(chance) for chance in effect.chances)
    return f"{text} {before} → {after}"


def _effects(effects: Sequence[Effect], letters: dict[str, str]) -> str:
    return "; ".join(effect_text(effect, letters) for effect in effects)


def _news(move: Move, of: str) -> str:
    """Return the quantities, or the reporters, of a move, as many as there is room for."""
    names = [
        (one.quantity or f"input: {', '.join(one.inputs)}") if of == "quantity" else one.reporter
        for one in move.news
    ]
    names = list(dict.fromkeys(name for name in names if name))
    shown: list[str] = []
    for name in names:
        if shown and len(", ".join([*shown, name])) > _LONG:
            return f"{', '.join(shown)} and {len(names) - len(shown)} more"
        shown.append(name)
    return ", ".join(shown) or "-"


def _leader(found: Sensitivity) -> str:
    """Return the letter of the account with the largest weight, and that weight."""
    weights = found.last.weighing.weights
    name = max(weights, key=lambda name: weights[name])
    return f"{badges(found.case)[name]}, now {shown_share(weights[name])},"


def _information(one: Candidate) -> tuple[str, str, str]:
    return (
        f"{one.bits:.2f} ± {one.error:.2f}",
        f"{one.bits_even:.2f}",
        f"{shown_share(one.if_leading)} or {shown_share(one.if_not)}",
    )


def _expected(one: Candidate, letters: dict[str, str]) -> str:
    return " ".join(f"{letters[name]} {middle:.3g}" for name, (_, middle, _) in one.expected.items())


def _key(case: Case, accounts: Sequence[str]) -> str:
    letters = badges(case)
    return "Accounts: " + ", ".join(f"{letters[name]} {case.account(name).name}" for name in accounts) + "."


def _authored(case: Case) -> str:
    days = sorted({one.authored for one in case.accounts if one.authored is not None})
    if not days:
        return "no day that is known"
    return str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"
