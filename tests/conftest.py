"""Fixtures that several directories share: a case of a few lines, written to disk and loaded."""

from __future__ import annotations

import os

# As the command line does: many small matrices are quickest, and the same to the last bit, on one thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

import atexit
import gc
import shutil
import tempfile

# Machine code goes where it is thrown away with the tests; workers and commands under test share it.
if "REALITIES_CACHE" not in os.environ:
    os.environ["REALITIES_CACHE"] = tempfile.mkdtemp(prefix="realities-tests-")
    atexit.register(shutil.rmtree, os.environ["REALITIES_CACHE"], ignore_errors=True)

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from realities.case.folder import Case, load_case

gc.disable()  # until the tests are collected: what is imported stays


def pytest_collection_finish() -> None:
    """Collect garbage from here on, but not among what was imported: a tenth of all time went into that.

    And not with every seven hundred things made, which took a twentieth: with every ten thousand.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


# How long an example takes is no part of any law: a busy machine must not fail one.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

MODEL = """{UTF-8}
Level = start value * EXP(growth rate * (Time - INITIAL TIME)) ~ person ~ What is counted. |
start value = 100 ~ person ~ |
growth rate = 0 ~ 1/Year ~ |
INITIAL TIME = 0 ~ Year ~ |
FINAL TIME = 10 ~ Year ~ |
TIME STEP = 1 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""

COLUMNS = "happened,published,quantity,value,low,high,unit,reporter,source,note"

MakeCase = Callable[..., Case]


def account_text(name: str, priors: Mapping[str, str], authored: str | None) -> str:
    lines = [f'name = "{name}"', 'summary = "One view."', 'source = "post"']
    if authored is not None:
        lines.append(f"authored = {authored}")
    for parameter, prior in priors.items():
        lines += [
            f'[assume."{parameter}"]',
            f'prior = "{prior}"',
            'because = "Said so."',
            'locator = "line 1"',
        ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def make_case(tmp_path: Path) -> MakeCase:
    """Write and load a case: see `case_maker`."""
    return case_maker(tmp_path)


@pytest.fixture(scope="module")
def make_lasting_case(tmp_path_factory: pytest.TempPathFactory) -> MakeCase:
    """Write and load a case that all tests of a file share: see `case_maker`."""
    return case_maker(tmp_path_factory.mktemp("cases"))


def case_maker(home: Path) -> MakeCase:
    """Return what writes and loads a case: yearly, from 2000 to 2010, with one measure, `count`, of a level.

    `accounts` maps ids to priors by parameter; `rows` are (happened, published, value, low, high, unit,
    reporter), the first two as years; `reporters` is the text of the measure's further lines.
    """
    counter = iter(range(1000))

    def make(
        accounts: Mapping[str, Mapping[str, str]],
        rows: Sequence[tuple[object, ...]],
        reporters: str = 'reporters."Bureau" = { noise = 0.1 }',
        *,
        unit: str = "person",
        authored: Mapping[str, str] | None = None,
    ) -> Case:
        folder = home / f"case{next(counter)}"
        (folder / "accounts").mkdir(parents=True)
        order = ", ".join(f'"{name}"' for name in accounts)
        (folder / "case.toml").write_text(
            f'[case]\ntitle = "Tiny"\nquestion = "How many?"\nmodel = "model.mdl"\naccounts = [{order}]\n'
            'start = 2000-01-01\nfinish = 2010-01-01\ntime_unit = "year"\n[run]\ndraws = 100\nseed = 1\n'
        )
        (folder / "model.mdl").write_text(MODEL)
        (folder / "measures.toml").write_text(
            f'["count"]\nexpression = "Level"\nunit = "{unit}"\n{reporters}\n'
        )
        (folder / "accounts" / "common.toml").write_text("")
        for name, priors in accounts.items():
            text = account_text(name, priors, (authored or {}).get(name))
            (folder / "accounts" / f"{name}.toml").write_text(text)
        lines = [COLUMNS]
        for happened, published, value, low, high, row_unit, reporter in rows:
            days = (f"{happened}-01-01", f"{published}-01-01" if published else "")
            lines.append(
                ",".join(map(str, (*days, "count", value, low, high, row_unit, reporter, "post", "")))
            )
        (folder / "observations.csv").write_text("\n".join(lines) + "\n")
        (folder / "claims.toml").write_text("")
        (folder / "sources.bib").write_text("@misc{post, title={A post}, author={Somebody}, year={2000}}\n")
        return load_case(folder)

    return make
