"""What a page says of its numbers holds of those it shows: in tables, charts, pictures, files and links."""

from __future__ import annotations

import copy
import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from browser_support import Opened

from realities import load_case, run_case
from realities.report import render_payload, sentences, study_payload
from realities.report.schema import Payload, number_date

pytestmark = pytest.mark.browser
Open = Callable[..., Opened]

#: A browser that has workers for nobody.
REFUSED = """window.Worker = class {
  constructor() { throw new Error("workers are refused here"); }
};"""
#: Moves a slider without waiting: the first argument is its place, the second where to.
MOVE = """([place, to]) => {
  const slider = document.querySelectorAll("[data-pin] input[type=range]")[place];
  slider.value = to;
  slider.dispatchEvent(new Event("input", {bubbles: true}));
}"""


def go(opened: Opened, fragment: str) -> None:
    opened.page.evaluate(f"location.hash = '{fragment}'")
    opened.page.wait_for_timeout(620)
    opened.at_rest()


def written(payload: Payload, path: Path) -> str:
    path.write_text(render_payload(payload), encoding="utf-8")
    return path.as_uri()


def told(opened: Opened, places: str) -> list[str]:
    return list(opened.page.locator(places).all_text_contents())


def rows_of(opened: Opened, kind: str) -> list[list[str]]:
    with opened.page.expect_download() as download:
        opened.page.eval_on_selector(f"[data-save='{kind}']", "n => n.click()")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    return list(csv.reader(io.StringIO(text, newline="")))


def picture_of(opened: Opened) -> str:
    with opened.page.expect_download() as download:
        opened.page.eval_on_selector("[data-save='figure.svg']", "n => n.click()")
    return Path(download.value.path()).read_text(encoding="utf-8")


def weighed_between(payload: Payload) -> tuple[Payload, int, int]:
    """Return a page's data with one more weighing, a reliable one, between two dates with draws.

    With it come the earlier of these dates, whose draws are reliable for every account but the first, and a
    day after the weighing and before the later date.
    """
    changed = copy.deepcopy(payload)
    day, later = changed["dates"][-3], changed["dates"][-2]
    before = next(one for one in changed["weighings"] if one["day"] == day)
    after = copy.deepcopy(before) | {"day": day + (later - day) // 2, "between": True}
    before["fits"][0]["reliable"] = False
    for fit in after["fits"]:
        fit["reliable"] = True
    changed["weighings"] = sorted([*changed["weighings"], after], key=lambda one: one["day"])
    return changed, day, later - 1


def test_what_draws_say_is_reliable_where_the_fit_of_these_draws_is(
    open_page: Open, payload: Payload, tmp_path: Path
) -> None:
    changed, day, between = weighed_between(payload)
    at = written(changed, tmp_path / "between.html")
    for one in (day, between):
        opened = open_page(f"#asof={number_date(one).isoformat()}", at=at)
        opened.page.locator("#claims-all").click()
        opened.settle()
        for k, is_reliable in ((0, False), (1, True)):
            letter, n = "ABCDE"[k], len(changed["accounts"])
            assumptions = told(opened, f"[data-account-index='{k}'] [data-posterior]")
            reporters = told(opened, f"table[data-quantity] tbody td[data-l={letter}]")
            chances = told(opened, "#claims-table tbody:not([hidden]) tr:last-child td:not([class])")[k::n]
            rows = rows_of(opened, "claims.csv")
            account, now = rows[0].index("account"), rows[0].index("now")
            own = [row for row in rows[1:] if row[account] == changed["accounts"][k]["id"]]
            saved = [row[now] for row in own if row[now]]
            for found in (assumptions, reporters, chances, saved):
                cells = [cell for cell in found if cell != "–"]
                assert cells
                assert all(("not reliable" in cell) is not is_reliable for cell in cells), (one, k, cells)


def test_what_draws_of_an_earlier_date_say_names_that_date(
    lynx: Callable[..., Opened], lynx_payload: Payload
) -> None:
    day, later = lynx_payload["dates"][-2:]
    opened = lynx(f"#asof={number_date(later - 1).isoformat()}")
    opened.settle()
    notes = opened.page.locator("[data-older]")
    then, now = sentences.day_text(day), sentences.day_text(later - 1)
    words = f"Numbers from draws are those of {then}, the latest computed by {now}."
    for part in ("#whatif", "#claims", "#reporters", "#assumptions"):
        assert opened.page.locator(f"{part} [data-older]").count() == 1
    assert notes.all_text_contents() == [words] * 4
    assert all(note.is_visible() for note in notes.all())
    for other in (day, later):
        go(opened, f"#asof={number_date(other).isoformat()}")
        assert not any(note.is_visible() for note in notes.all())


def test_a_file_saved_while_values_move_holds_the_numbers_of_the_values_it_names(
    lynx: Callable[..., Opened],
) -> None:
    opened = lynx()
    opened.page.evaluate(MOVE, [0, 70])
    opened.at_rest()
    before = rows_of(opened, "figure.csv")
    with opened.page.expect_download() as download:
        opened.page.evaluate(MOVE, [1, 20])
        opened.page.eval_on_selector("[data-save='all.csv']", "n => n.click()")
    early = list(csv.reader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8"), newline="")))
    opened.at_rest()
    assert early == rows_of(opened, "all.csv")
    assert len({row[0] for row in early[1:]}) == opened.page.locator("#smalls button").count()
    same = [row for row in early if row[0] == before[1][0]]
    assert {row[-1] for row in same}.isdisjoint(row[-1] for row in before[1:])
    assert [row[7:12] for row in same] != [row[7:12] for row in before[1:]]


def test_small_charts_keep_their_curves_while_a_slider_moves(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    opened.settle()
    blank = opened.page.evaluate(
        """async () => {
          const move = MOVE, wait = (ms) => new Promise((done) => setTimeout(done, ms)), found = [];
          const look = () => found.push(document.querySelectorAll("#smalls svg:not(:has(.rl-line))").length);
          for (let i = 0; i < 20; i++) { move([0, 20 + i]); await wait(i % 5 ? 60 : 240); look(); }
          for (let i = 0; i < 20; i++) { await wait(60); look(); }
          return found;
        }""".replace("MOVE", MOVE)
    )
    assert opened.page.locator("#smalls svg").count() > 1
    assert max(blank) == 0
    opened.at_rest()
    assert opened.problems == []


def test_a_picture_names_no_values_that_its_curves_do_not_hold(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    opened.page.add_init_script(REFUSED)
    opened.page.reload()
    opened.ready().settle()
    opened.page.evaluate(MOVE, [0, 70])
    opened.at_rest()
    assert "refused" in opened.text("#whatif-warning")
    assert "in force, the same for every account" not in picture_of(opened)
    go(opened, opened.page.evaluate("location.hash") + "&embed=1")
    line = opened.text("#embed-source")
    assert "what if" not in line
    assert opened.told("#whatif-warning") in line


def test_an_embedded_chart_names_the_accounts_drawn_and_what_must_be_said_of_its_values(
    lynx: Callable[..., Opened], lynx_payload: Payload
) -> None:
    opened = lynx()
    opened.page.evaluate(MOVE, [0, 0])
    opened.at_rest()
    first, *others = lynx_payload["accounts"]
    assert "in force, the same for every account" in picture_of(opened)
    go(opened, opened.page.evaluate("location.hash") + f"&embed=1&hide={first['id']}")
    line = opened.text("#embed-source")
    assert first["name"] not in line
    assert all(one["name"] in line for one in others)
    assert "what if: " in line
    assert opened.told("#whatif-warning")
    assert opened.told("#whatif-warning") in line
    go(opened, "#late=0")
    assert not opened.page.is_visible("#embed-source")


def test_the_course_of_a_variable_says_of_what_day_and_values_it_is_and_whether_it_is_reliable(
    open_page: Open, lynx_payload: Payload, tmp_path: Path
) -> None:
    changed = copy.deepcopy(lynx_payload)
    day, later = changed["dates"][-2:]
    next(one for one in changed["weighings"] if one["day"] == day)["fits"][0]["reliable"] = False
    at = written(changed, tmp_path / "weak.html")
    opened = open_page(f"#cause=hare-births&asof={number_date(later - 1).isoformat()}", at=at)
    opened.at_rest()
    assert f", as forecast on {sentences.day_text(day)}, median" in opened.told("#cause-sentence")
    assert opened.told("#cause-sentence").count("not reliable") == 1
    assert opened.page.locator("#cause-plot .rl-line.rl-faint").count() == 1
    cells = opened.page.locator("#cause-table tbody tr").first.locator("td").all_text_contents()
    assert ["not reliable" in cell for cell in cells] == [True] + [False] * (len(cells) - 1)
    go(opened, "#cause=hare-births")
    assert "not reliable" not in opened.told("#cause-sentence")
    assert "forecast" not in opened.told("#cause-sentence")
    opened.page.evaluate(MOVE, [0, 60])
    opened.at_rest()
    assert ", with what-if values, median" in opened.told("#cause-sentence")
    go(opened, "#cause=hare-births&stated=first")
    assert ", as first stated, median" in opened.told("#cause-sentence")


def test_on_a_low_screen_nothing_hides_the_slider_in_focus(lynx: Callable[..., Opened]) -> None:
    opened = lynx()
    opened.page.evaluate(MOVE, [0, 60])  # so that the weights stand below
    opened.at_rest()
    for width, height in ((320, 256), (640, 360), (667, 375), (380, 560), (380, 650), (380, 800)):
        opened.page.set_viewport_size({"width": width, "height": height})
        opened.page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
        opened.settle()
        for slider in opened.page.locator("#pins input[type=range]").all():
            slider.focus()
            opened.page.wait_for_timeout(60)
            hit = slider.evaluate(
                """n => {
                  const { left, width, top, height } = n.getBoundingClientRect();
                  const at = (x) => document.elementFromPoint(left + width * x, top + height / 2);
                  return [0.1, 0.5, 0.9].map((x) => at(x) === n);
                }"""
            )
            assert hit == [True] * 3, (width, height, slider.get_attribute("id"))


def test_a_reload_after_a_place_on_the_page_was_followed_keeps_what_was_chosen(open_page: Open) -> None:
    opened = open_page("#late=0&layout=side")
    opened.page.eval_on_selector("a[href^='#source-']", "n => n.click()")
    opened.page.wait_for_timeout(600)
    assert opened.page.evaluate("document.activeElement.id").startswith("source-")
    opened.page.reload()
    opened.ready().settle()
    assert not opened.page.is_checked("#late")
    assert opened.page.locator("#plot-svg .panels").count() == 1
    # Where nothing was chosen the link keeps the place.
    fresh = open_page("#claims")
    fresh.page.eval_on_selector("a[href^='#source-']", "n => n.click()")
    fresh.page.wait_for_timeout(600)
    assert fresh.page.evaluate("location.hash").startswith("#source-")


def test_what_is_read_aloud_by_itself_changes_seldom_while_sliders_move(
    lynx: Callable[..., Opened],
) -> None:
    opened = lynx()
    opened.settle()
    spoken: dict[str, int] = opened.page.evaluate(
        """async () => {
          const move = MOVE, said = {}, loud = "output, [role=status], [aria-live]";
          new MutationObserver((all) => all.forEach(({ target }) => {
            const node = (target.closest ? target : target.parentElement).closest(loud);
            if (!node || node.getAttribute("aria-live") === "off") return;
            const name = node.id || node.tagName;
            said[name] = (said[name] || 0) + 1;
          })).observe(document.body, { subtree: true, childList: true, characterData: true });
          const asof = document.getElementById("asof");
          for (let i = 1; i <= 20; i++) {
            move([0, 20 + i]);
            asof.value = Number(asof.max) - 200 * i;
            asof.dispatchEvent(new Event("input", { bubbles: true }));
            await new Promise((done) => setTimeout(done, 50));
          }
          return said;
        }""".replace("MOVE", MOVE)
    )
    assert "reading" in spoken
    assert max(spoken.values()) <= 6, spoken


def test_a_page_of_one_account_does_not_speak_of_several(open_page: Open, tmp_path: Path) -> None:
    case = load_case("lynx-hare")
    one = replace(case, accounts=case.accounts[:1], claims=())
    study = run_case(one, effort="sketch", with_between=False)
    opened = open_page(at=written(study_payload(study), tmp_path / "one.html"))
    opened.page.evaluate(MOVE, [0, 60])
    opened.at_rest()
    assert "What-if values are in force: " in opened.text("#reading")
    shown = opened.page.inner_text("main")
    for words in ("All start alike", "every account alike", "all accounts", "lie farthest apart"):
        assert words not in shown
    assert opened.problems == []
