"""A Chromium of the system, offline, and pages of the synthetic study written once."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))

from browser_support import WIDE, Opened
from report_synthetic import HOSTILE, synthetic_study

from realities import load_case, run_case
from realities.report import render_payload, study_payload, write_report
from realities.report.schema import Payload


def chromium_path() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = chromium_path()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sync_playwright = None
    if path is None or sync_playwright is None:
        if os.environ.get("REALITIES_REQUIRE_ALL") == "1":
            pytest.fail("the browser tests need Chromium and playwright")
        pytest.skip("no Chromium, or no playwright")
    with sync_playwright() as playwright:
        # A container runs as root, where Chromium's own sandbox cannot start.
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def study() -> Any:
    return synthetic_study()


@pytest.fixture(scope="session")
def payload(study: Any) -> Payload:
    return study_payload(study, status=["Synthetic data."])


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory, study: Any) -> Path:
    return write_report(study, tmp_path_factory.mktemp("page") / "report.html", status=["Synthetic data."])


@pytest.fixture(scope="session")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    hostile = synthetic_study(n_accounts=3, n_quantities=3, n_dates=4, n_claims=12, hostile=HOSTILE)
    return write_report(hostile, tmp_path_factory.mktemp("hostile") / "report.html", status=[HOSTILE])


def _place(name: str, kind: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [x, y]}
    return {"type": "Feature", "geometry": point, "properties": {"id": name, "kind": kind, **more}}


def _trail(start: str, end: str, capacity: float) -> dict[str, Any]:
    line = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
    properties = {"from": start, "to": end, "kind": "route", "capacity": capacity}
    return {"type": "Feature", "geometry": line, "properties": properties}


#: A network for a case that has none: closing the ford sets trappers on both species, the mill does nothing.
TRAILS: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        _place("lake", "source", 0, 1),
        _place("ford", "hub", 1, 2, closes={"constant": "extra trapping", "value": 0.4}),
        _place("mill", "hub", 1, 0),
        _place("post", "front", 2, 1, demand=5),
        _trail("lake", "ford", 3),
        _trail("ford", "post", 3),
        _trail("lake", "mill", 1),
        _trail("mill", "post", 4),
    ],
}


@pytest.fixture(scope="session")
def lynx_payload() -> Payload:
    """A page's data of a bundled case that runs in the page, fitted with little effort."""
    case = replace(load_case("lynx-hare"), network=TRAILS)
    study = run_case(case, effort="sketch", with_between=False)
    return study_payload(study)


@pytest.fixture(scope="session")
def lynx_report(tmp_path_factory: pytest.TempPathFactory, lynx_payload: Payload) -> Path:
    page = tmp_path_factory.mktemp("lynx") / "report.html"
    page.write_text(render_payload(lynx_payload), encoding="utf-8")
    return page


@pytest.fixture
def open_page(browser: Any, report: Path) -> Iterator[Callable[..., Opened]]:
    """Open the report: `open_page(hash, size=, scheme=, at=, **context)`."""
    contexts = []

    def opened(
        fragment: str = "",
        *,
        size: tuple[int, int] = WIDE,
        scheme: str = "light",
        at: str = "",
        script: bool = True,
        **options: Any,
    ) -> Opened:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            offline=not at.startswith("http"),
            java_script_enabled=script,
            **options,
        )
        contexts.append(context)
        result = Opened(context.new_page())
        result.page.goto((at or report.as_uri()) + fragment)
        return result.ready() if script else result

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def lynx(open_page: Callable[..., Opened], lynx_report: Path) -> Callable[..., Opened]:
    """Open the page of a bundled case that runs in the page: as `open_page`."""

    def opened(fragment: str = "", **options: Any) -> Opened:
        return open_page(fragment, at=lynx_report.as_uri(), **options)

    return opened
