"""What a report costs a reader: its size, and processor time in Chromium, beside the budgets of a page.

    python bench/bench_page.py [PAGE.html] [--case CASE] [--moves N]

Without a page, the case (by default ukraine-2022) is run quickly first. Times are those of the page's own
thread by the browser's thread clock, less those of this program's questions, so that other work on the
machine does not count; the wait for the first picture of a what-if, which a worker computes, is by the wall:
the least of several is nearest to what it costs.
"""

from __future__ import annotations

import argparse
import gzip
import re
import shutil
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

#: Case data: what stands between these is no code of the page.
DATA = re.compile(r'(id="(?:payload|bulk|curves|live)">).*?(?=</script>)', re.DOTALL)
#: Parts of the page that grow with a case, in HTML.
SECTIONS = re.compile(r"<section.*?</section>", re.DOTALL)


@dataclass(frozen=True)
class Row:
    """One thing measured, and its budget where there is one."""

    what: str
    value: float | None
    unit: str
    budget: float | None = None

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.what:58} not on this page"
        limit = "" if self.budget is None else f"  of {self.budget:g}"
        mark = "" if self.budget is None or self.value <= self.budget else "  OVER"
        return f"{self.what:58} {self.value:8.1f} {self.unit}{limit}{mark}"


def sizes(page: str) -> Iterator[Row]:
    """Yield sizes in kilobytes (1000 bytes): the whole page, and what of it is the same in any case."""

    def kilobytes(text: str) -> tuple[float, float]:
        data = text.encode()
        return len(data) / 1000, len(gzip.compress(data, 9)) / 1000

    whole, code = kilobytes(page), kilobytes(SECTIONS.sub("", DATA.sub(r"\1", page)))
    yield Row("page", whole[0], "kB", 600)
    yield Row("page, compressed", whole[1], "kB", 250)
    yield Row("code, styles and frame, without data and sections", code[0], "kB", 100)
    yield Row("code, styles and frame, compressed", code[1], "kB", 35)
    days = re.search(r'"quarters":\[([\d,]*)\]', page)
    dates = re.search(r'"dates":\[([\d,]*)\]', page)
    listed = [part for found in (dates, days) if found for part in found[1].split(",") if part]
    yield Row("days with bands, quarters included", float(len(listed)), "")
    for name in ("live", "bulk", "curves", "code"):
        found = re.search(rf'id="{name}">(.*?)</script>', page, re.DOTALL)
        if found:
            yield Row(f"  of it {name}, packed", len(found[1]) / 1000, "kB")


@contextmanager
def opened() -> Iterator[tuple[Any, Any, Callable[[], float]]]:
    """Yield an empty page, its session, and a reading of its thread clock in milliseconds."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1440, "height": 1000}, offline=True).new_page()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

        def clock() -> float:
            metrics = session.send("Performance.getMetrics")["metrics"]
            found = {one["name"]: 1000 * one["value"] for one in metrics}
            return found["TaskDuration"] - found["DevToolsCommandDuration"]

        yield page, session, clock
        browser.close()


def settle(page: Any) -> None:
    page.wait_for_selector("body[data-ready]:not([data-busy])", state="attached", timeout=60_000)


def drawn(page: Any) -> None:
    """Wait until what a move draws at once is on the screen."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def load(path: Path) -> Iterator[Row]:
    """Yield the time to the first full draw, and the script heap then."""
    with opened() as (page, session, clock):
        before = clock()
        page.goto(path.as_uri())
        settle(page)
        drawn(page)
        yield Row("load to first full draw", clock() - before, "ms", 400)
        session.send("HeapProfiler.collectGarbage")
        yield Row("script heap", heap(session), "MB", 64)


def heap(session: Any) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize")) / 1e6


def moved(page: Any, clock: Callable[[], float], selector: str, keys: list[str]) -> list[tuple[float, float]]:
    """Return, per key press on a control, the time of what is drawn at once and of what is drawn later."""
    found = []
    page.focus(selector)
    for key in keys:
        start = clock()
        page.keyboard.press(key)
        drawn(page)
        at_once = clock()
        settle(page)
        drawn(page)
        found.append((at_once - start, clock() - at_once))
    return found


def moves(path: Path, n: int) -> Iterator[Row]:
    """Yield times of moves of the as-of date and of a what-if slider."""
    with opened() as (page, session, clock):
        page.add_init_script(WATCH)
        page.goto(path.as_uri())
        settle(page)
        dates = moved(page, clock, "#asof", ["PageDown"] * n)
        yield Row("as-of move, drawn at once", statistics.median(a for a, _ in dates), "ms", 25)
        yield Row("as-of move, drawn when it rests", statistics.median(b for _, b in dates), "ms")
        slider = "#pins input[type=range]"
        if not page.locator(slider).count():
            yield Row("slider move", None, "ms", 60)
            return
        page.locator(slider).first.scroll_into_view_if_needed()
        moved(page, clock, slider, ["ArrowRight"])  # the worker gets ready
        slides = moved(page, clock, slider, ["ArrowRight"] * n)
        yield Row("slider move, drawn at once", statistics.median(a for a, _ in slides), "ms", 60)
        yield Row("slider move, drawn when answered", statistics.median(b for _, b in slides), "ms")
        waits = [first_picture(page, slider) for _ in range(n)]
        yield Row("slider move to first new picture, least wait", min(waits), "ms", 250)
        yield Row("slider move to first new picture, median wait", statistics.median(waits), "ms")
        session.send("HeapProfiler.collectGarbage")
        yield Row("script heap after these moves", heap(session), "MB", 64)


#: Notes when the worker answers, and with how many draws.
WATCH = """window.answers = [];
window.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    const note = ({ data }) => data.n && window.answers.push([performance.now(), data.n]);
    this.addEventListener("message", note);
  }
};"""


def first_picture(page: Any, slider: str) -> float:
    """Return milliseconds by the wall from a slider's move until the worker's first answer is drawn."""
    wait = page.evaluate(
        """(selector) => new Promise((done, fail) => {
          const slider = document.querySelector(selector), start = performance.now();
          const answers = window.answers, had = answers.length;
          const look = () => {
            if (performance.now() - start > 30000) fail(new Error("no answer"));
            else if (answers.length === had) requestAnimationFrame(look);
            else if (answers[had][1] < 30) fail(new Error(`an answer of ${answers[had][1]} draws`));
            else requestAnimationFrame(() => done(performance.now() - start));
          };
          const from = Number(slider.value);
          slider.value = String(from + (from > 50 ? -3 : 4));
          slider.dispatchEvent(new Event("input", { bubbles: true }));
          look();
        })""",
        slider,
    )
    settle(page)
    return float(wait)


def made(case: str, folder: Path) -> Path:
    """Run a case quickly and return its page."""
    from realities import load_case
    from realities.report import write_report
    from realities.weigh.study import run_case

    print(f"Running {case}, quick")
    return write_report(run_case(load_case(case), effort="quick"), folder / "report.html")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("page", nargs="?", type=Path, help="a report, as `realities run` writes it")
    parser.add_argument("--case", default="ukraine-2022")
    parser.add_argument("--moves", type=int, default=8)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        path = given.page.resolve() if given.page else made(given.case, Path(folder))
        for row in sizes(path.read_text(encoding="utf-8")):
            print(row)
        for part in (load(path), moves(path, given.moves)):
            for row in part:
                print(row, flush=True)


if __name__ == "__main__":
    main()
