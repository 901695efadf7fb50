"""The calibration job: data sets from the priors, taken up again after a stop, told in a table."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from calibration.imagined import imagine
from calibration.job import case_named, maker_of, read_job, run_job
from calibration.ranks import N_DRAWS
from calibration.table import as_markdown, findings

from realities.case.folder import Case


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return case_named("three-reporters", tmp_path_factory.mktemp("cases"))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("job") / "three-reporters.jsonl"
    run_job("three-reporters", path, n_sets=2, seed=3, effort="sketch")
    return path


def test_imagined_figures_scatter_about_the_truth_as_the_reporters_priors_say(case: Case) -> None:
    n = 3000
    world = imagine(case, n, 1)
    for account in ("constant", "changed"):
        fit, figures = world.fits[account], world.figures[account]["toll"]
        first = np.log(figures[:, 0])  # the ministry's first figure: its toll is the base toll
        drift = fit.reporter_parameters["drift[toll, Ministry]"]
        error = first - np.log(fit.parameters["base toll"]) - drift * 14 / 365.25
        error -= (
            np.log(fit.reporter_parameters["bias[toll, Ministry]"]) + fit.discrepancies["toll"].values[:, 0]
        )
        error /= fit.reporter_parameters["noise[toll, Ministry]"]
        assert abs(error.mean()) < 4 / np.sqrt(n) and abs(error.std() - 1) < 4 / np.sqrt(2 * n)
        assert abs(fit.discrepancies["toll"].values.std() - 0.2) < 0.01
        assert not world.failed[account].any()


def test_a_data_set_keeps_days_and_reporters_and_changes_every_figure(case: Case) -> None:
    data = imagine(case, 4, 1).data_set(2, "changed")
    assert data is not None and data.truth.n_draws == 1
    key = ("happened", "published", "quantity", "reporter", "unit")
    before, after = (
        {tuple(str(getattr(row, name)) for name in key): row.value for row in one.observations}
        for one in (case, data.case)
    )
    assert before.keys() == after.keys()
    assert all(before[row] != after[row] for row in before)


def test_accounts_make_data_sets_equally_often_whatever_their_order(case: Case) -> None:
    makers = [maker_of(case, number, 1) for number in range(1000)]
    turned = replace(case, accounts=case.accounts[::-1])
    assert makers == [maker_of(turned, number, 1) for number in range(1000)]
    assert makers.count("changed") == 500
    first = makers[::2].count("changed")
    assert abs(first - 250) < 4 * np.sqrt(125)


def test_the_job_ranks_every_number_of_the_account_that_made_the_data(done: Path) -> None:
    wishes, lines = read_job(done)
    assert wishes == {
        "case": "three-reporters",
        "accounts": [],
        "sets": 2,
        "seed": 3,
        "effort": "sketch",
    }
    for line in lines:
        assert {"base toll", "bias[toll, Press]", "model error[toll]", "log likelihood"} <= set(line["ranks"])
        assert ("change factor" in line["ranks"]) == (line["account"] == "changed")
        assert all(0 <= rank <= N_DRAWS for rank in [*line["ranks"].values(), *line["pooled"].values()])
        assert sum(line["weights"].values()) == pytest.approx(1.0)


def test_a_job_that_was_cut_off_goes_on_and_ends_with_the_same_file(done: Path, tmp_path: Path) -> None:
    def without_times(path: Path) -> list[str]:
        return [json.dumps({**line, "cpu": 0}) for line in read_job(path)[1]]

    cut = tmp_path / done.name
    text = done.read_text(encoding="utf-8")
    cut.write_text(text[: text.rindex("{") + 40], encoding="utf-8")  # the last line lost its end
    run_job("three-reporters", cut, n_sets=2, seed=3, effort="sketch")
    assert without_times(cut) == without_times(done)


def test_a_job_refuses_to_go_on_with_other_wishes(done: Path) -> None:
    with pytest.raises(ValueError, match="choose another folder"):
        run_job("three-reporters", done, n_sets=2, seed=4, effort="sketch")


def test_the_table_names_every_quantity_and_its_command(done: Path) -> None:
    found = findings(*read_job(done))
    page = as_markdown(done, "the command")
    assert "`the command`" in page and f"{found.n_sets} data sets" in page
    assert all(f"`{row.quantity}` | {row.n} |" in page for row in found.rows)
    assert sum(row.n for row in found.rows if row.quantity == "log likelihood") == found.n_sets


def test_posteriors_that_are_too_narrow_are_marked_in_the_table(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = [
        {
            "number": k,
            "account": "a",
            "ranks": {"right": int(rng.integers(0, 200)), "wrong": int(rng.choice([0, 199]))},
            "pooled": {},
            "weights": {"a": 0.5, "b": 0.5},
            "reliable": True,
            "cpu": 1.0,
        }
        for k in range(50)
    ]
    path = tmp_path / "job.jsonl"
    head = {"case": "x", "sets": 50, "seed": 1, "effort": "quick"}
    path.write_text("\n".join(map(json.dumps, [head, *lines])) + "\n")
    rows = {row.quantity: row for row in findings(*read_job(path)).rows}
    assert rows["right"].is_inside and not rows["wrong"].is_inside
    assert "| `wrong` | 50 |" in as_markdown(path, "x") and "**no**" in as_markdown(path, "x")
