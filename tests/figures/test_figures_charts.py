"""Charts are well-formed, carry untrusted text as text, and show what they are given and nothing else."""

from __future__ import annotations

import json
from datetime import date
from xml.etree import ElementTree

import numpy as np
import pytest

from realities.figures import (
    Chart,
    Series,
    account,
    bars,
    day_of,
    diagram,
    draw,
    fan,
    lines,
    mark,
    runs,
    small,
    steps,
)
from realities.figures.style import DARK, LIGHT, N_COLOURS, RULES, SHAPES, letter, shape_path

DAYS = np.arange(day_of(date(2031, 1, 1)), day_of(date(2034, 1, 1)), 30, dtype=float)
HOSTILE = '<script>alert(1)</script>" onload="alert(2)'
SVG = "{http://www.w3.org/2000/svg}"


def bands(n: int = 3, label: str = "Account") -> list[Series]:
    middle = np.linspace(100, 200, len(DAYS))
    spread = np.array([-20, -8, 0, 8, 20])[:, None] * np.linspace(0.1, 1, len(DAYS))
    return [account(f"{label} {k}", k, middle + spread + 10 * k) for k in range(n)]


def drawn(chart: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(draw(chart))  # our own output, so entities are not a danger


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [node for node in root.iter() if name in (node.get("class") or "").split()]


def texts(root: ElementTree.Element) -> list[str | None]:
    return [node.text for node in root.iter(f"{SVG}text")]


def test_a_chart_is_data_that_json_holds() -> None:
    chart = fan(DAYS, bands(2), marks=[mark(DAYS[3], 120.0)], as_of=date(2032, 1, 1), name="Two")
    assert draw(json.loads(json.dumps(chart))) == draw(chart)


def test_a_fan_has_two_bands_and_a_median_for_each_account() -> None:
    root = drawn(fan(DAYS, bands(3), name="Three accounts"))
    for kind in ("rl-b9", "rl-b5", "rl-line"):
        assert [node.get("class") for node in of_class(root, kind)] == [f"{kind} rl-{k}" for k in range(3)]
    assert root.get("aria-label") == "Three accounts"


def test_each_account_is_drawn_with_the_same_parts() -> None:
    root = drawn(fan(DAYS, bands(6)))
    lengths = [len((node.get("d") or "").split("L")) for node in of_class(root, "rl-b9")]
    assert len(set(lengths)) == 1


def test_what_is_not_reliable_is_a_faint_median_and_stretches_the_axis_no_further() -> None:
    sure, unsure = bands(2)
    unsure["faint"] = True
    unsure["rows"][4][-1] = 9000.0
    root = drawn(fan(DAYS, [sure, unsure]))
    assert [node.get("class") for node in of_class(root, "rl-line")] == [
        "rl-line rl-0",
        "rl-line rl-1 rl-faint",
    ]
    assert len(of_class(root, "rl-b9")) == 1
    assert "250" in texts(root) and "10,000" not in texts(root)


def test_hostile_text_stays_text() -> None:
    said = mark(DAYS[3], 120.0, label=HOSTILE)
    root = drawn(fan(DAYS, bands(2, HOSTILE), marks=[said], name=HOSTILE))
    assert not list(root.iter(f"{SVG}script"))
    assert all(not name.startswith("on") for node in root.iter() for name in node.attrib)
    assert root.get("aria-label") == HOSTILE
    assert next(root.iter(f"{SVG}title")).text == HOSTILE
    assert not list(drawn(bars([HOSTILE], [0.5], [HOSTILE])).iter(f"{SVG}script"))


def test_a_late_mark_is_hollow_and_stretches_the_axis_only_when_passed() -> None:
    late = mark(DAYS[-1], 900.0, is_late=True)
    with_late, without = drawn(fan(DAYS, bands(), marks=[late])), drawn(fan(DAYS, bands()))
    assert len(of_class(with_late, "rl-late")) == 1
    assert "1,000" in texts(with_late)
    assert "1,000" not in texts(without)


def test_marks_of_one_reporter_keep_apart_and_each_reporter_keeps_its_own() -> None:
    crowd = [mark(DAYS[0] + k, 120.0, shape) for shape in (0, 1) for k in range(200)]
    root = drawn(fan(DAYS, bands(), marks=crowd, width=600))
    kept = len(of_class(root, "rl-mark"))
    assert kept % 2 == 0
    assert 4 < kept < 60


def test_an_account_without_numbers_draws_nothing() -> None:
    root = drawn(fan(DAYS, [*bands(1), account("Empty", 1, np.zeros((5, 0)))]))
    assert len(of_class(root, "rl-line")) == 1
    assert len(of_class(root, "rl-end")) == 1
    assert drawn(fan(DAYS, [])).tag == f"{SVG}svg"


def test_an_interval_without_a_value_spans_its_bounds_with_its_mark_between() -> None:
    assert not of_class(drawn(fan(DAYS, bands(), marks=[mark(DAYS[4], None)])), "rl-mark")
    root = drawn(fan(DAYS, bands(), marks=[mark(DAYS[4], None, low=110.0, high=130.0)]))
    assert len(of_class(root, "rl-span")) == 1
    assert len(of_class(root, "rl-mark")) == 1


def test_the_as_of_line_is_named_and_left_out_of_other_times() -> None:
    inside = drawn(fan(DAYS, bands(), as_of=date(2032, 4, 9)))
    assert [node.text for node in of_class(inside, "rl-now")] == ["as of 9 Apr 2032"]
    assert not of_class(drawn(fan(DAYS, bands(), as_of=date(2040, 1, 1))), "rl-asof")


def test_single_runs_are_one_line_each() -> None:
    rng = np.random.default_rng(1)
    series = [account(f"Account {k}", k, rng.normal(5, 1, (24, len(DAYS)))) for k in range(2)]
    root = drawn(runs(DAYS, series, as_of=date(2032, 1, 1)))
    assert len(of_class(root, "rl-run")) == 48
    assert len(of_class(root, "rl-end")) == 2


def test_a_small_chart_has_one_band_and_no_labels_at_its_lines() -> None:
    root = drawn(small(DAYS, bands(3), as_of=date(2032, 1, 1), width=200, height=120))
    assert (len(of_class(root, "rl-b9")), len(of_class(root, "rl-b5")), len(of_class(root, "rl-end"))) == (
        3,
        0,
        0,
    )
    assert of_class(root, "rl-asof") and not of_class(root, "rl-now")


def test_steps_leave_gaps_open_and_draw_the_future_faint() -> None:
    values = [[20, 40, np.nan, 60, 80]]
    as_of = date(1970, 1, 1).fromordinal(date(1970, 1, 1).toordinal() + int(DAYS[3]))
    root = drawn(steps(DAYS[:5], [account("One", 0, values)], as_of=as_of))
    future, past = [node.get("d") or "" for node in of_class(root, "rl-line")]
    assert past.count("M") == 2  # the gap lifts the pen
    assert "nan" not in past + future
    assert len(of_class(root, "rl-faint")) == 1


def test_a_step_holds_until_the_as_of_date_between_two_steps() -> None:
    as_of = date.fromordinal(date(1970, 1, 1).toordinal() + int(DAYS[1]) + 10)
    root = drawn(steps(DAYS[:3], [account("One", 0, [[10, 50, 90]])], as_of=as_of))
    future, past = [node.get("d") or "" for node in of_class(root, "rl-line")]
    assert past.split("H")[-1].split("V")[1] == future.split(" ")[1].split("H")[0]


def test_a_step_that_is_out_of_date_is_thin_until_the_next() -> None:
    chart = steps(DAYS[:3], [account("One", 0, [[10, 50, 90]])])
    second, last = (float(day) for day in DAYS[1:3])
    plain = [node.get("d") or "" for node in of_class(drawn(chart), "rl-line")]
    assert not of_class(drawn(chart), "rl-thin")
    chart["stale"] = [None, second + (last - second) / 4, None]
    root = drawn(chart)
    (thin,) = [node.get("d") or "" for node in of_class(root, "rl-thin")]
    start, end = thin.removeprefix("M").split("H")
    turns = plain[-1].replace("M", "").replace("V", "H").split("H")
    assert start.split(" ")[1] == turns[2], "at the height of the step it prolongs"
    assert end == turns[3], "as far as the next step"
    x = float(turns[1]) + (float(turns[3]) - float(turns[1])) / 4
    assert float(start.split(" ")[0]) == pytest.approx(x, abs=0.1)
    thick = [n.get("d") or "" for n in of_class(root, "rl-line") if "rl-thin" not in (n.get("class") or "")]
    assert f"H{start.split(' ')[0]}M{end} {turns[2]}V" in thick[-1]


def test_a_thin_step_is_faint_only_after_the_as_of_date() -> None:
    first, last = (float(day) for day in DAYS[:2])
    as_of = date.fromordinal(date(1970, 1, 1).toordinal() + int((first + last) / 2))
    chart = steps(DAYS[:2], [account("One", 0, [[10, 50]])], as_of=as_of)
    chart["stale"] = [first + 1, None]
    thin = of_class(drawn(chart), "rl-thin")
    assert [("rl-faint" in (node.get("class") or "")) for node in thin] == [True, False]


def test_lines_show_which_points_are_not_reliable() -> None:
    one = account("One", 0, [[10, 50, 90]])
    one["open"] = [False, True, False]
    root = drawn(lines([(-1, "½"), (0, "1"), (1, "2")], [one]))
    assert len(of_class(root, "rl-dot")) == 3
    assert len(of_class(root, "rl-open")) == 1
    assert {"½", "1", "2"} <= set(texts(root))


def test_a_reliability_diagram_says_how_many_claims_stand_behind_a_point() -> None:
    root = drawn(diagram([[5, 0, 0, 20, 12], [95, 100, 80, 100, 3]], 1, name="How often"))
    assert [node.text for node in of_class(root, "rl-count")] == ["12", "3"]
    assert [node.get("class") for node in of_class(root, "rl-dot")] == ["rl-dot rl-1"] * 2
    assert len(of_class(root, "rl-guide")) == 1
    y = [float(node.get("y") or 0) for node in of_class(root, "rl-count")]
    cy = [float(node.get("cy") or 0) for node in of_class(root, "rl-dot")]
    assert y[0] < cy[0] and y[1] > cy[1]  # inside the square


def test_bars_are_equal_tracks_with_shares_of_their_length() -> None:
    root = drawn(bars(["One", "Two & more"], [0.25, 1.7], ["25", ">99"]))
    tracks, filled = of_class(root, "rl-track"), of_class(root, "rl-bar")
    assert len({node.get("width") for node in tracks}) == 1
    full = float(tracks[0].get("width") or 0)
    assert [float(node.get("width") or 0) / full for node in filled] == pytest.approx([0.25, 1.0], abs=1e-3)


def test_a_figure_that_stands_alone_carries_its_style_and_stays_small() -> None:
    text = draw(fan(DAYS, bands(6)), standalone=True)
    assert "prefers-color-scheme:dark" in text
    assert len(text.encode()) < 50_000
    assert "<style>" not in draw(fan(DAYS, bands(6)))


def test_light_and_dark_name_the_same_roles_and_every_account_has_a_line() -> None:
    assert set(LIGHT) == set(DARK)
    for k in range(N_COLOURS):
        assert f"rl-{k}" in RULES
        assert f"a{k}" in LIGHT
    assert "font:12px" in RULES


def test_shapes_and_letters_tell_apart() -> None:
    assert len({shape_path(shape, 10, 10) for shape in SHAPES}) == len(SHAPES)
    assert [letter(k) for k in range(3)] == ["A", "B", "C"]
