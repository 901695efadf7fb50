"""A case from folder to `Case`: what it holds, what was known on a day, and what no later row can do."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from realities.case import folder as folder_module
from realities.case.folder import Case, bundled_cases, find_case, load_case
from realities.case.row_counts import row_counts
from realities.engine.reference import simulate
from realities.errors import InputError, UnreadableError
from realities.units import parse_unit
from realities.weigh.likelihood import used_observations

Edit = Callable[..., Path]
HEAD = "happened,published,quantity,value,low,high,unit,reporter,source,note\n"


@pytest.fixture
def case(folder: Path) -> Case:
    return load_case(folder)


def write_rows(folder: Path, *rows: str) -> None:
    (folder / "observations.csv").write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")


def row(happened: str, published: str, value: str = "4000", reporter: str = "City counters") -> str:
    return f"{happened},{published},daily_riders,{value},,,persons,{reporter},council2018,"


def codes(problem: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [item.code for item in problem.value.diagnostics]


def test_a_case_holds_what_its_folder_says(case: Case) -> None:
    assert (case.id, case.title, case.draws, case.seed) == ("town", "Bicycles", 2000, 1)
    assert case.question == "Do new lanes bring new riders, or do riders come anyway?"
    assert (case.calendar.start, case.calendar.finish) == (date(2015, 1, 1), date(2024, 12, 31))
    assert (case.calendar.time_unit, case.calendar.initial_time) == ("year", 0.0)
    assert [account.id for account in case.accounts] == ["lanes", "fuel"]
    assert set(case.measures) == {"daily_riders"}
    assert len(case.claims) == 5
    assert len(case.observations) == 13
    assert set(case.sources) == {"council2018", "council2024", "riders2017", "motor2017"}
    assert (case.model_path, case.network, case.warnings, case.late_findings) == (
        Path("town/model.mdl"),
        None,
        (),
        (),
    )
    counts = "13 observations (11 count; 1 revised, 1 repeats another)"
    assert repr(case) == f"Case('town': 2 accounts, 5 claims, {counts}, 2015-01-01 to 2024-12-31)"
    assert counts in case._repr_html_()


def test_the_model_carries_measures_and_claims_as_hidden_variables(case: Case) -> None:
    hidden = {variable.name for variable in case.model.variables if variable.is_hidden}
    assert "measure: daily_riders" in hidden
    atoms = {atom.name for claim in case.claims if claim.predicate for atom in claim.predicate.atoms}
    assert atoms and atoms <= hidden
    assert case.model["measure: daily_riders"].unit == parse_unit("person")


def test_an_account_may_read_a_quantity_its_own_way(edit: Edit) -> None:
    folder = edit(
        "measures.toml", 'unit = "person"', 'unit = "person"\naccounts.fuel.expression = "daily riders * 2"'
    )
    case = load_case(folder)
    measure = case.measures["daily_riders"]
    assert measure.variable_for("lanes") == "measure: daily_riders"
    assert measure.variable_for("fuel") == "measure: daily_riders @ fuel"
    assert case.model["measure: daily_riders @ fuel"].is_hidden


def test_priors_are_common_then_own_then_switches(edit: Edit) -> None:
    edit(
        "accounts/fuel.toml",
        "[assume.",
        '[switch]\n"Lane_Effect" = true\n[assume."recruitment rate"]\nprior = 0.2\n[assume.',
    )
    case = load_case(
        edit(
            "accounts/common.toml",
            '[assume."fuel price growth"]',
            '[switch]\n"lane programme" = 0\n[assume."fuel price growth"]',
        )
    )
    fuel = case.priors("fuel")
    assert list(fuel) == sorted(fuel)
    assert set(fuel) - set(case.common) == {"fuel price response", "lane effect"}
    assert (fuel["recruitment rate"].fixed, fuel["lane effect"].fixed, fuel["lane programme"].fixed) == (
        0.2,
        1.0,
        0.0,
    )
    assert case.priors("lanes")["recruitment rate"] == case.common["recruitment rate"].prior
    assert case.account("fuel").assumptions["fuel price response"].locator == "second column"
    with pytest.raises(KeyError):
        case.account("nobody")


def test_an_account_that_assumes_nothing_is_fine(folder: Path) -> None:
    (folder / "accounts" / "fuel.toml").write_text('name = "Bare"\n', encoding="utf-8")
    case = load_case(folder)
    assert case.priors("fuel") == {name: one.prior for name, one in sorted(case.common.items())}


def test_without_a_list_accounts_come_by_name(edit: Edit) -> None:
    case = load_case(edit("case.toml", 'accounts = ["lanes", "fuel"]', ""))
    assert [account.id for account in case.accounts] == ["fuel", "lanes"]


def test_an_account_that_is_not_listed_is_a_warning(edit: Edit) -> None:
    edit("measures.toml", "label =", "# label =")
    case = load_case(edit("case.toml", '["lanes", "fuel"]', '["lanes", "fuel"] # ' + '"x"'))
    assert not case.warnings
    (case.folder / "accounts" / "spare.toml").write_text("name = 'Spare'", encoding="utf-8")
    assert [item.code for item in load_case(case.folder).warnings] == ["not-listed"]


def test_run_settings_have_defaults(edit: Edit) -> None:
    case = load_case(edit("case.toml", "draws = 2000 ", "# "))
    assert case.draws == 20_000


@pytest.mark.parametrize(
    ("day", "values"),
    [
        ("2017-09-30", [4060, 4240, 5100]),
        ("2017-10-01", [4060, 4240, 4380, 5100]),
        ("2018-01-31", [4060, 4240, 4380, 5100]),
        ("2018-02-01", [4060, 4240, 4330, 5100]),
        ("2015-01-01", []),
    ],
)
def test_the_newest_vintage_of_a_day_is_used(case: Case, day: str, values: list[float]) -> None:
    assert sorted(row.value or 0 for row in case.as_of(date.fromisoformat(day))) == values


def test_copies_are_left_out(case: Case) -> None:
    assert "Town newspaper" in {row.reporter for row in case.observations}
    assert "Town newspaper" not in {row.reporter for row in case.as_of(date(2024, 12, 31))}


def test_rows_without_a_day_of_publication_are_counted_and_never_used(folder: Path) -> None:
    write_rows(folder, row("2016-01-01", ""), row("2016-01-01", "2016-02-01"), row("2017-01-01", ""))
    case = load_case(folder)
    assert (case.without_date, len(case.observations)) == (2, 3)
    assert len(case.as_of(date(2024, 12, 31))) == 1
    assert case.latest_published == date(2017, 5, 20)  # of the event


def test_the_latest_publication_counts_rows_that_cannot_be_used(folder: Path) -> None:
    write_rows(folder, row("2016-01-01", "2016-02-01"), row("2016-01-01", "2024-03-03", "many"))
    case = load_case(folder)
    assert (case.latest_published, case.later(date(2016, 2, 1)), case.later(date(2024, 3, 3))) == (
        date(2024, 3, 3),
        1,
        0,
    )


def test_without_any_publication_the_case_is_read_to_its_end(folder: Path) -> None:
    write_rows(folder)
    text = (folder / "case.toml").read_text(encoding="utf-8")
    (folder / "case.toml").write_text(text[: text.index("# A dated input")], encoding="utf-8")
    assert load_case(folder).latest_published == date(2024, 12, 31)


def test_an_event_is_known_from_its_publication(case: Case) -> None:
    assert case.events_as_of(date(2017, 5, 19)) == ()
    (event,) = case.events_as_of(date(2017, 5, 20))
    assert (event.parameter, event.date, event.value, event.source) == (
        "lane programme",
        date(2018, 4, 1),
        1.0,
        "council2018",
    )


def test_an_event_without_a_value_or_day_of_publication_has_the_usual(edit: Edit) -> None:
    edit("case.toml", "value = 1\n", "")
    (event,) = load_case(edit("case.toml", "published = 2017-05-20", "")).events
    assert (event.value, event.published) == (1.0, date(2018, 4, 1))


def test_what_is_wrong_with_a_row_stops_only_runs_that_know_it(folder: Path) -> None:
    write_rows(folder, row("2016-01-01", "2016-02-01"), row("2016-01-01", "2020-01-01", "many"))
    case = load_case(folder)
    case.check_as_of(date(2019, 12, 31))
    with pytest.raises(InputError) as problem:
        case.check_as_of(date(2020, 1, 1))
    assert codes(problem) == ["bad-number"]
    assert problem.value.diagnostics[0].span.line == 3


def test_a_case_that_is_wrong_elsewhere_tells_of_rows_too(folder: Path) -> None:
    write_rows(folder, row("2016-01-01", "2020-01-01", "many"))
    (folder / "claims.toml").unlink()
    with pytest.raises(InputError) as problem:
        load_case(folder)
    assert set(codes(problem)) == {"missing-file", "bad-number"}


def test_a_warning_about_a_row_belongs_to_its_day(folder: Path) -> None:
    write_rows(folder, row("2016-01-01", "2020-01-01", "-3"))
    case = load_case(folder)
    case.check_as_of(date(2024, 1, 1))
    assert case.warnings_as_of(date(2019, 12, 31)) == ()
    assert [item.code for item in case.warnings_as_of(date(2020, 1, 1))] == ["impossible-value"]


def test_an_event_published_later_stops_no_run(edit: Edit) -> None:
    case = load_case(edit("case.toml", 'parameter = "lane programme"', 'parameter = "lane program"'))
    case.check_as_of(date(2017, 5, 19))
    with pytest.raises(InputError) as problem:
        case.check_as_of(date(2017, 5, 20))
    assert codes(problem) == ["unknown-name"]


POISON = [
    "{d},{p},daily_riders,abc,,,persons,City counters,council2018,",
    "{d},{p},daily_riders,1e9,,,persons,City counters,council2018,",
    "{d},{p},daily_riders,-7,-9,,persons,City counters,council2018,",
    "{d},{p},riders,1,,,persons,City counters,council2018,",
    "{d},{p},daily_riders,1,,,furlongs,City counters,council2018,",
    "{d},{p},daily_riders,1,,,persons,Nobody,council2018,",
    "{d},{p},daily_riders,1,,,persons,City counters,nowhere,",
    "soon,{p},daily_riders,1,,,persons,City counters,council2018,",
    "3022-01-01,{p},daily_riders,1,,,persons,City counters,council2018,",
    "{d},{p}",
    '{d},{p},"daily_riders,1,,,persons,City counters,council2018,',
    "{d},{p},,,,,,,,",
]


@pytest.mark.parametrize("seed", range(5))
def test_nothing_published_later_changes_what_was_known(folder: Path, seed: int) -> None:
    path = folder / "observations.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    day = date(2019, 12, 31)
    before = load_case(folder)
    rng = random.Random(seed)
    poisoned = [
        rng.choice(POISON).format(d=line[:10], p=line[11:21]) if "2020" <= line[11:21] < "2025" else line
        for line in lines
    ]
    assert poisoned != lines
    path.write_text("\n".join(poisoned), encoding="utf-8")
    after = load_case(folder)
    after.check_as_of(day)
    assert after.as_of(day) == before.as_of(day)
    assert after.warnings_as_of(day) == before.warnings_as_of(day)
    assert (after.latest_published, after.later(day), after.without_date) == (
        before.latest_published,
        before.later(day),
        before.without_date,
    )


def test_nothing_published_later_can_be_a_day_that_cannot_be_read(folder: Path) -> None:
    write_rows(folder, row("2016-01-01", "2016-02-01"), row("2016-01-01", "later"))
    with pytest.raises(InputError) as problem:
        load_case(folder)
    assert codes(problem) == ["bad-date"]


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("case.toml", "finish = 2024-12-31", "finish = 2014-12-31", "bad-date"),
        ("case.toml", "finish = 2024-12-31", "finish = 2025-06-30", "bad-calendar"),
        ("case.toml", 'time_unit = "year"', 'time_unit = "quarter"', "time-unit"),
        ("accounts/fuel.toml", '"Fuel makes riders"', '"lanes bring riders"', "duplicate-id"),
        ("accounts/fuel.toml", '"fuel price response"', '"TIME STEP"', "reserved-name"),
        ("accounts/fuel.toml", '"fuel price response"', '"daily riders"', "not-a-constant"),
        ("measures.toml", 'unit = "person"', 'unit = "km"', "unit-mismatch"),
        ("model.mdl", "rate = 0.22\n\t~\t1/Year", "rate = 0.22\n\t~\tperson", "unit-mismatch"),
        (
            "measures.toml",
            'expression = "daily riders"',
            'expression = "daily riders + Time"',
            "unit-mismatch",
        ),
        ("measures.toml", 'expression = "daily riders"', 'expression = "daily riders +"', "syntax-error"),
        ("claims.toml", 'do("lane programme" = 0)', 'do("lane program" = 0)', "unknown-name"),
    ],
)
def test_files_must_agree(edit: Edit, file: str, old: str, new: str, code: str) -> None:
    with pytest.raises(InputError) as problem:
        load_case(edit(file, old, new))
    assert code in codes(problem)


def test_a_model_without_units_is_taken_to_count_as_the_case_does(folder: Path) -> None:
    path = folder / "model.mdl"
    text = re.sub(r"~\t(1/)?(person|Year|Dmnl)\b[^\n]*", "~\t", path.read_text(encoding="utf-8"))
    assert "Year" not in text.replace("A Year", "")
    path.write_text(text, encoding="utf-8")
    case = load_case(folder)
    assert [(item.code, item.span.line) for item in case.warnings] == [("no-time-unit", 11)]


def test_a_listed_common_is_refused(edit: Edit) -> None:
    with pytest.raises(InputError, match="and none of them"):
        load_case(edit("case.toml", '"lanes", "fuel"', '"lanes", "fuel", "common"'))


def test_a_name_in_the_model_is_pointed_at_within_its_string(edit: Edit) -> None:
    with pytest.raises(InputError) as problem:
        load_case(edit("measures.toml", 'expression = "daily riders"', 'expression = "2 * dayly riders"'))
    (item,) = problem.value.diagnostics
    assert (item.span.source.name, item.span.line, item.span.column) == ("town/measures.toml", 6, 19)
    assert 'did you mean "daily riders"' in " ".join(item.help)


def test_a_measure_is_converted_to_its_unit(edit: Edit) -> None:
    case = load_case(edit("measures.toml", 'unit = "person"', 'unit = "kiloperson"'))
    assert case.model["measure: daily_riders"].unit == parse_unit("kiloperson")
    run = simulate(case.model, outputs=["measure: daily_riders", "daily riders"])
    assert run["measure: daily_riders"] * 1000 == pytest.approx(run["daily riders"], rel=1e-12)


def test_a_folder_with_a_case_in_it_comes_before_a_bundled_case(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = tmp_path / "bundled"
    (bundled / "town").mkdir(parents=True)
    (bundled / "town" / "case.toml").write_text('[case]\ntitle = "Bundled"', encoding="utf-8")
    monkeypatch.setattr(folder_module, "BUNDLED", bundled)
    assert bundled_cases() == [("town", "Bundled")]
    assert find_case("town") == Path("town")
    assert find_case("town/case.toml") == Path("town")
    (folder / "case.toml").unlink()
    assert find_case("town") == bundled / "town"


@pytest.mark.parametrize("name", ["twon", "no/such/folder", "", "a" * 5000, "nul\0", "../.."])
def test_an_unknown_case_is_unreadable(folder: Path, name: str) -> None:
    with pytest.raises(UnreadableError) as problem:
        load_case(name)
    assert problem.value.exit_code == 3


def test_an_unknown_case_is_told_the_nearest_bundled_one(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bundled" / "lynx-hare").mkdir(parents=True)
    (tmp_path / "bundled" / "lynx-hare" / "case.toml").write_text("[case]\ntitle = 'L'", encoding="utf-8")
    monkeypatch.setattr(folder_module, "BUNDLED", tmp_path / "bundled")
    with pytest.raises(UnreadableError, match='did you mean "lynx-hare"'):
        load_case("lynx-hair")


def test_a_case_reads_the_same_with_other_line_ends_and_a_mark(folder: Path) -> None:
    before = load_case(folder)
    for path in folder.rglob("*.*"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    after = load_case(folder)
    assert after.observations == before.observations
    assert after.claims == before.claims
    assert after.accounts == before.accounts
    assert after.model.variables == before.model.variables


def test_every_row_is_counted_once_by_what_becomes_of_it(folder: Path) -> None:
    write_rows(
        folder,
        row("2016-06-15", "2016-10-01"),
        row("2016-06-15", "2017-10-01"),  # revises the first
        row("2016-06-15", "2016-10-02", reporter="Town newspaper"),  # repeats it
        row("2018-06-15", ""),
        row("2019-06-15", "2017-01-01"),  # a forecast
        row("2020-06-15", "2020-10-01"),
        row("2021-06-15", "2021-10-01"),
    )
    case = load_case(folder)
    for day, told in {
        date(2017, 1, 1): "7 observations (1 count; 1 repeats another, 1 without a date of publication, "
        "3 published later, 1 a forecast)",
        date(2021, 1, 1): "7 observations (2 count; 1 revised, 1 repeats another, "
        "1 without a date of publication, 1 published later, 1 a forecast)",
    }.items():
        found = row_counts(case, day)
        assert str(found) == told
        assert found.rows == sum(getattr(found, one.name) for one in fields(found)[1:])
        assert found.count == len(used_observations(case, day))


def test_the_count_of_a_bundled_case_is_what_its_weighing_uses() -> None:
    case = load_case("ehrlich-simon")
    assert row_counts(case).count == len(used_observations(case, case.latest_published))
    assert f"({row_counts(case).count} count;" in repr(case)
