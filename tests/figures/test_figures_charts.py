"""Charts are well-formed, carry untrusted text as text, and show what they are given and nothing else."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import numpy as np
import pytest

from realities.figures import Band, Lines, Mark, bars, fan, runs, steps
from realities.figures.style import DARK, LIGHT, N_COLOURS, RULES, SHAPES, letter, shape_path

DAYS = np.arange(date(2031, 1, 1).toordinal(), date(2034, 1, 1).toordinal(), 30, dtype=float)
HOSTILE = '<script>alert(1)</script>" onload="alert(2)'
SVG = "{http://www.w3.org/2000/svg}"


def bands(n: int = 3, label: str = "Account") -> list[Band]:
    middle = np.linspace(100, 200, len(DAYS))
    spread = np.array([-20, -8, 0, 8, 20])[:, None] * np.linspace(0.1, 1, len(DAYS))
    return [Band(f"{label} {k}", k, middle + spread + 10 * k) for k in range(n)]


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # our own output, so entities are not a danger


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [node for node in root.iter() if name in (node.get("class") or "").split()]


def test_a_fan_has_two_bands_and_a_median_for_each_account() -> None:
    root = parsed(fan(DAYS, bands(3), title="Three accounts"))
    for kind in ("rl-b9", "rl-b5", "rl-line"):
        assert [node.get("class") for node in of_class(root, kind)] == [f"{kind} rl-{k}" for k in range(3)]
    assert root.get("aria-label") == "Three accounts"


def test_each_account_is_drawn_with_the_same_parts() -> None:
    root = parsed(fan(DAYS, bands(6)))
    lengths = [len((node.get("d") or "").split("L")) for node in of_class(root, "rl-b9")]
    assert len(set(lengths)) == 1


def test_hostile_text_stays_text() -> None:
    mark = Mark(DAYS[3], 120.0, label=HOSTILE)
    root = parsed(fan(DAYS, bands(2, HOSTILE), marks=[mark], title=HOSTILE))
    assert not list(root.iter(f"{SVG}script"))
    assert all(not name.startswith("on") for node in root.iter() for name in node.attrib)
    assert root.get("aria-label") == HOSTILE
    assert next(root.iter(f"{SVG}title")).text == HOSTILE


def test_a_late_mark_is_hollow_and_stretches_the_axis_only_when_passed() -> None:
    late = Mark(DAYS[-1], 900.0, is_late=True)
    with_late, without = parsed(fan(DAYS, bands(), marks=[late])), parsed(fan(DAYS, bands()))
    assert len(of_class(with_late, "rl-late")) == 1
    ticks = [[node.text for node in root.iter(f"{SVG}text")] for root in (with_late, without)]
    assert "1,000" in ticks[0]
    assert "1,000" not in ticks[1]


def test_an_account_without_numbers_draws_nothing() -> None:
    root = parsed(fan(DAYS, [*bands(1), Band("Empty", 1, np.zeros((5, 0)))]))
    assert len(of_class(root, "rl-line")) == 1
    assert parsed(fan(DAYS, [])).tag == f"{SVG}svg"


def test_an_interval_without_a_value_spans_its_bounds_with_its_mark_between() -> None:
    assert not of_class(parsed(fan(DAYS, bands(), marks=[Mark(DAYS[4], None)])), "rl-mark")
    root = parsed(fan(DAYS, bands(), marks=[Mark(DAYS[4], None, low=110.0, high=130.0)]))
    assert len(of_class(root, "rl-span")) == 1
    assert len(of_class(root, "rl-mark")) == 1


def test_the_as_of_line_is_named_and_left_out_of_other_times() -> None:
    inside = parsed(fan(DAYS, bands(), as_of=date(2032, 4, 9)))
    assert [node.text for node in of_class(inside, "rl-now")] == ["as of 9 Apr 2032"]
    assert not of_class(parsed(fan(DAYS, bands(), as_of=date(2040, 1, 1))), "rl-asof")


def test_single_runs_are_one_line_each() -> None:
    rng = np.random.default_rng(1)
    series = [Lines(f"Account {k}", k, rng.normal(5, 1, (24, len(DAYS)))) for k in range(2)]
    root = parsed(runs(DAYS, series, as_of=date(2032, 1, 1)))
    assert len(of_class(root, "rl-run")) == 48
    assert len(of_class(root, "rl-end")) == 2


def test_steps_leave_gaps_open_and_draw_the_future_faint() -> None:
    values = np.array([[0.2, 0.4, np.nan, 0.6, 0.8]])
    root = parsed(steps(DAYS[:5], [Lines("One", 0, values)], as_of=date.fromordinal(int(DAYS[3]))))
    past, future = [node.get("d") or "" for node in of_class(root, "rl-line")]
    assert past.count("M") == 2  # the gap lifts the pen
    assert "nan" not in past + future
    assert len(of_class(root, "rl-faint")) == 1


def test_a_step_holds_until_the_as_of_date_between_two_steps() -> None:
    as_of = date.fromordinal(int(DAYS[1]) + 10)
    root = parsed(steps(DAYS[:3], [Lines("One", 0, np.array([[0.1, 0.5, 0.9]]))], as_of=as_of))
    past, future = [node.get("d") or "" for node in of_class(root, "rl-line")]
    assert past.split("H")[-1].split("V")[1] == future.split(" ")[1].split("H")[0]


def test_bars_are_equal_tracks_with_shares_of_their_length() -> None:
    root = parsed(bars(["One", "Two & more"], [0.25, 1.7], ["25", ">99"]))
    tracks, filled = of_class(root, "rl-track"), of_class(root, "rl-bar")
    assert len({node.get("width") for node in tracks}) == 1
    full = float(tracks[0].get("width") or 0)
    assert [float(node.get("width") or 0) / full for node in filled] == pytest.approx([0.25, 1.0], abs=1e-3)


def test_a_notebook_figure_carries_its_style_and_stays_small() -> None:
    text = fan(DAYS, bands(6), standalone=True)
    assert "prefers-color-scheme:dark" in text
    assert len(text.encode()) < 50_000
    assert "<style>" not in fan(DAYS, bands(6))


def test_light_and_dark_name_the_same_roles_and_every_account_has_a_line() -> None:
    assert set(LIGHT) == set(DARK)
    for k in range(N_COLOURS):
        assert f"rl-{k}" in RULES
        assert f"a{k}" in LIGHT
    assert "font:12px" in RULES


def test_shapes_and_letters_tell_apart() -> None:
    assert len({shape_path(shape, 10, 10) for shape in SHAPES}) == len(SHAPES)
    assert [letter(k) for k in range(3)] == ["A", "B", "C"]
