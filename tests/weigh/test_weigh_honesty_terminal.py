"""What a terminal says of leaving reports out: of all only where all was computed."""

from __future__ import annotations

from realities.weigh.honesty.drawn import Left
from realities.weigh.honesty.honest import Honesty
from realities.weigh.honesty.influence import Influence
from realities.weigh.honesty.separation import separation
from realities.weigh.honesty.terminal import honesty_lines
from realities.weigh.honesty.widths import AtWidth

NAMES = {"a": "One", "b": "Other"}
STATED = tuple(AtWidth(name, 1.0, 1, 0.0, 0.01, 0.1, (), True, "as stated") for name in NAMES)


HALF = {"a": 0.6, "b": 0.4}
GRAIN = (("rye", HALF, 0.1), ("oats", HALF, 0.1), ("malt", None, None), ("hops", None, None))


def left(reporter: str, rows: int, weight: float | None) -> Influence:
    """What leaving out a reporter makes of the first account's weight, a half; None: not computed."""
    weights = None if weight is None else {"a": weight, "b": 1.0 - weight}
    moved = None if weight is None else abs(weight - 0.5)
    return Influence(Left("reporter", reporter=reporter), rows, None, {}, weights, moved)


def lines(*found: Influence) -> list[str]:
    verdict = separation(STATED, list(NAMES))
    return honesty_lines(Honesty(STATED, verdict, {}, found, (), ()), NAMES)


def test_of_all_is_said_only_where_all_was_computed() -> None:
    assert lines(left("Mill", 4, 0.6), left("Bank", 9, 0.52)) == [
        'Left out alone, of all reporters "Mill" (4 reports) changes most: '
        "without it One goes from 50 to 60 in 100."
    ]
    assert lines(left("Bank", 9, 0.501)) == ["No reporter moves the weights when it alone is left out."]


def test_what_was_not_computed_is_named_by_its_reports_and_may_be_more() -> None:
    missing = [left(name, rows, None) for name, rows in (("Fen", 3), ("Ford", 70), ("Quay", 8), ("Weir", 1))]
    assert lines(left("Mill", 4, 0.6), left("Bank", 9, 0.52), *missing) == [
        'Left out alone, of the 2 reporters for which that was computed "Mill" (4 reports) changes most: '
        "without it One goes from 50 to 60 in 100.",
        '  Not computed for 4 reporters, and perhaps more: "Ford" (70 reports), "Quay" (8 reports), '
        '"Fen" (3 reports) and 1 more.',
    ]
    grain = [Influence(Left("quantity", quantity=q), 3, None, {}, w, m) for q, w, m in GRAIN]
    assert [line.split(" for ")[0] for line in lines(*grain)] == [
        "Left out alone, of the 2 quantities",
        "  Not computed",
    ]
    assert "for 2 quantities, and perhaps more: " in lines(*grain)[1]
    assert lines(left("Mill", 4, 0.6), missing[1])[0] == (
        'Left out alone, the 1 reporter for which that was computed is "Mill" (4 reports): '
        "without it One goes from 50 to 60 in 100."
    )
    assert lines(left("Mill", 4, 0.5), missing[1]) == [
        "Left out alone, the 1 reporter for which that was computed does not move the weights.",
        '  Not computed for 1 reporter, and perhaps more: "Ford" (70 reports).',
    ]
