"""Which levels the reports told, and counts in a whole case: every vintage, and no hindsight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np

from realities.case.folder import Case
from realities.weigh.fits import predict_reports
from realities.weigh.forward import ForwardTask, forward
from realities.weigh.likelihood import AccountLikelihood, reports_published, used_observations
from realities.weigh.sampling.evidence import SamplerSettings
from realities.weigh.weighing import weigh_accounts

MakeCase = Callable[..., Case]
SMALL = SamplerSettings(2, 150, 8, 600, components=2, enough_draws=200, posterior_draws=400)
VAGUE = {"start value": "lognormal(median=100, sigma=1)"}
SURE = {"start value": "lognormal(median=100, sigma=0.05)"}
ROWS = [(year, year + 1, value, "", "", "person", "Bureau") for year, value in ((2001, 152.3), (2004, 147.9))]
UNSURE = 'reporters."Bureau" = { bias = "lognormal(median=1, sigma=0.4)", noise = 0.05 }'


def told(case: Case) -> tuple[list[str], list[str]]:
    """Return the accounts under which the level rests on priors, and the warnings that say so."""
    found = weigh_accounts(case, effort=SMALL)
    names = [name for one in found.levels_told for name in one.on_priors]
    return names, [text for text in found.warnings if "priors of" in text]


def test_a_level_that_no_report_tells_is_said_to_rest_on_priors(make_case: MakeCase) -> None:
    names, warnings = told(make_case({"vague": VAGUE, "other": VAGUE}, ROWS, UNSURE))
    assert names == ["vague", "other"]
    assert warnings == ['the level of "count" rests on the priors of the reporters: no report narrows a bias']


def test_a_truth_that_is_known_narrows_the_bias(make_case: MakeCase) -> None:
    names, warnings = told(make_case({"vague": VAGUE, "sure": SURE}, ROWS, UNSURE))
    assert names == ["vague"]
    assert warnings == ['the level of "count" rests on the priors of its reporters under "vague"']


def test_one_reporter_without_bias_ties_the_level_down(make_case: MakeCase) -> None:
    anchor = (2002, 2003, 99.4, "", "", "person", "Census")
    case = make_case({"vague": VAGUE}, [*ROWS, anchor], UNSURE + '\nreporters."Census" = { noise = 0.05 }')
    assert told(case) == ([], [])
    silent = make_case({"vague": VAGUE}, ROWS, UNSURE + '\nreporters."Census" = { noise = 0.05 }')
    assert told(silent)[0] == ["vague"]


COUNT = """kind = "count"
delay = { half_life_days = "lognormal(median=300, sigma=0.5)" }
reporters."Bureau" = { bias = "beta(8, 4)", noise = 0.02 }"""
GROWING = {"start value": "lognormal(median=1000, sigma=0.5)", "growth rate": "normal(0.3, 0.02)"}


def counted(year: int, published: int, n: int) -> tuple[object, ...]:
    return (year, published, n, "", "", "person", "Bureau")


TRIANGLE = [
    counted(2002, 2003, 400),
    counted(2002, 2005, 520),
    counted(2004, 2005, 1300),
    counted(2004, 2008, 1500),
]


def test_every_vintage_of_a_count_weighs_from_its_publication_on(make_case: MakeCase) -> None:
    case = make_case({"growing": GROWING}, TRIANGLE, COUNT)
    days = {year: date(year, 1, 1) for year in (2002, 2003, 2005, 2008)}
    assert [len(used_observations(case, day)) for day in days.values()] == [0, 1, 3, 4]
    assert len(case.as_of(days[2008])) == 2
    poisoned = [*TRIANGLE[:3], counted(2004, 2008, 999_999), counted(2002, 2007, 521)]
    other = make_case({"growing": GROWING}, poisoned, COUNT)
    points = np.random.default_rng(0).standard_normal((50, 5))
    one, two = (AccountLikelihood(c, "growing", days[2005]) for c in (case, other))
    assert one.space.names == ("bias[count, Bureau]", "delay[count]", "growth rate", "start value")
    assert np.array_equal(one(points[:, :4]), two(points[:, :4]))
    assert not np.array_equal(
        one(points[:, :4]), AccountLikelihood(other, "growing", days[2008])(points[:, :4])
    )


def test_what_comes_next_is_told_from_what_is_known(make_case: MakeCase) -> None:
    case = make_case({"growing": GROWING}, TRIANGLE, COUNT)
    found = weigh_accounts(case, as_of=date(2005, 6, 1), effort=SMALL).fits["growing"]
    coming = reports_published(case, date(2008, 1, 1), date(2005, 6, 1))["count"]
    assert [row.value for row in coming.rows.observations] == [1500]
    drawn = found.parameters
    times = coming.times[None, :]
    level = drawn["start value"][:, None] * np.exp(drawn["growth rate"][:, None] * times)
    predicted = predict_reports(found, coming, level, np.random.default_rng(0))
    assert (predicted >= 1300).all()


def test_counts_to_come_are_covered_and_scored(make_case: MakeCase) -> None:
    case = make_case({"growing": GROWING}, TRIANGLE, COUNT)
    day, last = date(2005, 6, 1), date(2008, 1, 1)
    fit = weigh_accounts(case, as_of=day, effort=SMALL).fits["growing"]
    found = forward(case, ForwardTask(fit, day, 300, 1, until=last))
    assert found.coverage["count"] == (3, 3)
    (score,) = found.crps["count"]
    assert 0 < score < 400


def test_counts_that_overlap_or_fall_are_remarked_upon(make_case: MakeCase) -> None:
    crossing = [counted(2004, 2005, 1300), counted(2002, 2006, 500), counted(2002, 2008, 490)]
    found = weigh_accounts(make_case({"growing": GROWING}, crossing, COUNT), effort=SMALL)
    assert '1 counts of "count" overlap newer ones and are set aside' in found.warnings
    assert '1 counts of "count" fell: taken together with older ones' in found.warnings


def test_a_count_alone_does_not_tell_how_many_were_missed(make_case: MakeCase) -> None:
    vague = {"start value": "lognormal(median=1000, sigma=2)"} | {"growth rate": "normal(0.3, 0.02)"}
    assert told(make_case({"vague": vague}, TRIANGLE, COUNT))[0] == ["vague"]
