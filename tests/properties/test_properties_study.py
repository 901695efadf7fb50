"""Laws of the whole spine: no hindsight, neutrality, repeatability, units."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from realities.case.folder import load_case
from realities.case.scaffold import new_case
from realities.weigh.results import study_to_json
from realities.weigh.study import run_case, study_dates

AS_OF = "2019-06-30"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cases") / "riders"
    new_case("riders", path, None)
    return path


def found(folder: Path, **options: object) -> dict[str, object]:
    study = run_case(load_case(folder), effort="sketch", draws=200, **options)  # type: ignore[arg-type]
    return study_to_json(study, timeline=True)


def as_of(text: str) -> dict[str, object]:
    from datetime import date

    return {"as_of": date.fromisoformat(text)}


@pytest.fixture(scope="module")
def before(folder: Path) -> dict[str, object]:
    return found(folder, **as_of(AS_OF))


def copied(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to / "riders")
    return to / "riders"


@pytest.mark.parametrize(
    "garbage",
    [
        {"value": "1e30"},
        {"value": "abc", "low": "x", "high": "y"},
        {"value": "-5", "unit": "furlong", "quantity": "nothing"},
        {"value": "nan", "reporter": "nobody", "source": "nowhere", "happened": "someday"},
    ],
)
def test_a_report_published_later_changes_nothing(
    folder: Path, before: dict[str, object], tmp_path: Path, garbage: dict[str, str]
) -> None:
    poisoned = copied(folder, tmp_path)
    path = poisoned / "observations.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names, rows = list(reader.fieldnames or ()), list(reader)
    later = [row for row in rows if row["published"] > AS_OF]
    assert later
    for row in later:
        row.update(garbage)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    assert json.dumps(found(poisoned, **as_of(AS_OF))) == json.dumps(before)


def by_account(value: object) -> object:
    """Return an object whose lists of accounts, and of rows about one, stand in the order of their names."""
    match value:
        case dict():
            return {key: by_account(one) for key, one in value.items()}
        case [{"account": _}, *_]:
            return sorted(map(by_account, value), key=lambda row: row["account"])
        case ["lanes" | "fuel", *_]:
            return sorted(value)
        case list():
            return [by_account(one) for one in value]
        case _:
            return value


def test_permuting_the_accounts_only_permutes_the_results(
    folder: Path, before: dict[str, object], tmp_path: Path
) -> None:
    turned = copied(folder, tmp_path)
    path = turned / "case.toml"
    text = path.read_text(encoding="utf-8")
    assert '["lanes", "fuel"]' in text
    path.write_text(text.replace('["lanes", "fuel"]', '["fuel", "lanes"]'), encoding="utf-8")
    after = found(turned, **as_of(AS_OF))

    def by_id(result: dict[str, object]) -> str:
        accounts = {row["id"]: row for row in result["accounts"]}  # type: ignore[attr-defined]
        rest = {key: value for key, value in result.items() if key not in ("accounts", "warnings")}
        return json.dumps([accounts, by_account(rest), sorted(result["warnings"])], sort_keys=True)  # type: ignore[call-overload]

    assert [row["id"] for row in after["accounts"]] == ["fuel", "lanes"]  # type: ignore[attr-defined]
    assert by_id(after) == by_id(before)


def test_renaming_an_account_only_renames_it(folder: Path, before: dict[str, object], tmp_path: Path) -> None:
    renamed = copied(folder, tmp_path)
    (renamed / "accounts" / "fuel.toml").rename(renamed / "accounts" / "aardvark.toml")
    for name in ("case.toml", "claims.toml", "measures.toml"):
        path = renamed / name
        path.write_text(path.read_text(encoding="utf-8").replace('"fuel"', '"aardvark"'), encoding="utf-8")
    after = found(renamed, **as_of(AS_OF))
    weights = {row["id"]: row["log_evidence"] for row in before["accounts"]}  # type: ignore[attr-defined]
    weights["aardvark"] = weights.pop("fuel")
    assert {row["id"]: row["log_evidence"] for row in after["accounts"]} == weights  # type: ignore[attr-defined]


def test_the_same_seed_gives_the_same_answer_on_any_number_of_processes(
    folder: Path, before: dict[str, object]
) -> None:
    assert json.dumps(found(folder, workers=2, **as_of(AS_OF))) == json.dumps(before)


def test_another_seed_gives_another_answer_within_the_stated_errors(
    folder: Path, before: dict[str, object]
) -> None:
    after = found(folder, seed=2, **as_of(AS_OF))
    for one, other in zip(before["accounts"], after["accounts"], strict=True):  # type: ignore[call-overload]
        assert one["log_evidence"] != other["log_evidence"]
        error = one["log_evidence_error"] + other["log_evidence_error"]
        assert abs(one["log_evidence"] - other["log_evidence"]) < 5 * error + 0.05


def test_no_date_after_the_as_of_date_is_computed(folder: Path) -> None:
    case = load_case(folder)
    for text in ("2017-01-01", AS_OF, "2030-01-01"):
        day = as_of(text)["as_of"]
        dates = study_dates(case, day)  # type: ignore[arg-type]
        assert dates[-1] == day
        assert list(dates) == sorted(set(dates))


def test_weights_sum_to_one_at_every_date(before: dict[str, object]) -> None:
    for moment in before["timeline"]:  # type: ignore[attr-defined]
        assert sum(account["weight"] for account in moment["accounts"].values()) == pytest.approx(1.0)


def test_the_object_is_plain_json_without_anything_that_is_not_a_number(before: dict[str, object]) -> None:
    json.dumps(before, allow_nan=False)
    assert before["schema"] == 1
    assert {"case", "as_of", "seed", "accounts", "observations", "claims", "scores", "warnings"} <= set(
        before
    )


def test_a_claim_decided_when_it_was_made_is_not_scored(before: dict[str, object]) -> None:
    for claim in before["claims"]:  # type: ignore[attr-defined]
        if claim["status"] in ("open", "value", "undecidable", "disputed"):
            assert set(claim["brier"].values()) <= {None}


def test_model_errors_of_two_quantities_are_independent_of_each_other() -> None:
    import numpy as np

    from realities.ensemble import stream

    one, other = (stream(name, 1, 2).standard_normal(4000) for name in ("deaths", "area"))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.06
    assert np.array_equal(one, stream("deaths", 1, 2).standard_normal(4000))


def test_a_claim_made_later_moves_no_other_chance(
    folder: Path, before: dict[str, object], tmp_path: Path
) -> None:
    added = copied(folder, tmp_path)
    path = added / "claims.toml"
    later = """
[[claim]]
id = "said-later"
account = "lanes"
kind = "forecast"
says = "There will be many riders on an odd day."
source = "riders2017"
locator = "nowhere"
made = 2022-03-04
deadline = 2023-05-06
holds = 'eventually[2022-03-04, 2023-05-06](daily riders > 5000)'
"""
    path.write_text(path.read_text(encoding="utf-8") + later, encoding="utf-8")
    after = found(added, **as_of(AS_OF))
    assert after["claims"][:-1] == before["claims"]  # type: ignore[index]
    assert after["accounts"] == before["accounts"]
