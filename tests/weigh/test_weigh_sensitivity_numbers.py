"""The numbers behind sensitivities, each against a closed form or another way to the same."""

from __future__ import annotations

import builtins
from math import sqrt
from typing import Any

import numpy as np
import pytest
from scipy.stats import ks_2samp, norm

from realities.errors import RealitiesError
from realities.weigh.sensitivity.errors_of_draws import mean_error
from realities.weigh.sensitivity.information import Named, Predicted, told
from realities.weigh.sensitivity.pawn import check_installed, distance, shifts


def test_an_input_that_is_the_output_has_the_index_that_can_be_counted() -> None:
    """Slice k of ten of a uniform number has a distance of max(k, 9 - k) tenths; their median is 0.7."""
    x = (np.arange(2000) + 0.5) / 2000
    found = shifts({"x": x}, x, np.arange(2000))
    assert found is not None
    assert found.index["x"] == pytest.approx(0.7, abs=0.002)


def test_a_share_of_a_sum_has_the_index_that_quadrature_gives() -> None:
    """Of two uniform numbers added, the index of each comes from the distribution functions alone."""
    rng = np.random.default_rng(1)
    x, z = rng.random(6000), rng.random(6000)
    found = shifts({"x": x, "z": z}, x + z, np.arange(6000))
    assert found is not None
    assert found.index["x"] == pytest.approx(_index_of_a_sum(), abs=0.03)
    assert found.index["z"] == pytest.approx(_index_of_a_sum(), abs=0.03)


def _index_of_a_sum() -> float:
    y = np.linspace(0.0, 2.0, 4001)
    every = np.where(y < 1.0, 0.5 * y**2, 1.0 - 0.5 * (2.0 - y) ** 2)
    distances = []
    for k in range(10):
        starts = (k + (np.arange(200) + 0.5) / 200) / 10
        inside = np.clip(y[:, None] - starts, 0.0, 1.0).mean(axis=1)
        distances.append(np.abs(inside - every).max())
    return float(np.median(distances))


def test_the_order_of_draws_changes_nothing() -> None:
    rng = np.random.default_rng(2)
    points = rng.integers(0, 150, 600)
    inputs = {name: rng.normal(size=150)[points] for name in ("one", "other")}
    output = inputs["one"] + rng.normal(size=600)
    order = rng.permutation(600)
    turned = shifts({name: values[order] for name, values in inputs.items()}, output[order], points[order])
    assert turned == shifts(inputs, output, points)


@pytest.mark.parametrize("n_points", [600, 100])
def test_inputs_that_do_nothing_stay_below_the_floor(n_points: int) -> None:
    """Also where few posterior points are repeated often, which makes chance look like effect."""
    rng = np.random.default_rng(3)
    points = rng.integers(0, n_points, 600)
    output = rng.normal(size=n_points)[points]
    idle = {f"idle {k}": rng.normal(size=n_points)[points] for k in range(40)}
    found = shifts({**idle, "busy": output + rng.normal(size=n_points)[points]}, output, points)
    assert found is not None
    assert sum(found.index[name] > found.floor for name in idle) <= 1
    assert found.index["busy"] > found.floor


def test_an_output_that_is_one_number_has_no_sensitivity() -> None:
    x = np.arange(200.0)
    assert shifts({"x": x}, np.ones(200), np.arange(200)) is None
    assert shifts({"x": x[:50]}, x[:50], np.arange(50)) is None


def test_infinite_margins_and_draws_without_an_answer_are_taken_as_they_are() -> None:
    x = np.arange(400.0)
    output = np.where(x < 200, -np.inf, np.inf)
    output[::7] = np.nan
    found = shifts({"x": x}, output, np.arange(400))
    assert found is not None and found.index["x"] == pytest.approx(0.5, abs=0.02)


def test_without_salib_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    find = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("SALib"):
            raise ImportError(name)
        return find(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(RealitiesError, match=r'pip install "realities\[sensitivity\]"'):
        check_installed()


def test_distances_are_kolmogorovs() -> None:
    rng = np.random.default_rng(4)
    one, other = rng.normal(size=300), rng.normal(0.3, 1.0, size=200)
    assert distance(one, other) == pytest.approx(ks_2samp(one, other).statistic)
    weights = rng.integers(0, 4, 200).astype(np.float64)
    repeated = np.repeat(other, weights.astype(int))
    assert distance(one, other, weights) == pytest.approx(ks_2samp(one, repeated).statistic)


def test_repeated_points_make_no_error_smaller() -> None:
    values = np.random.default_rng(5).normal(size=50)
    alone = mean_error(values, np.arange(50))
    assert alone == pytest.approx(values.std() / sqrt(50))
    assert mean_error(np.repeat(values, 8), np.repeat(np.arange(50), 8)) == pytest.approx(alone)


def test_draws_that_all_agree_have_an_error_too() -> None:
    for all_say in (1.0, 0.0, -1.0):  # -1: every draw turned from yes to no
        assert mean_error(np.full(20, all_say), np.arange(20)) == pytest.approx(1 / 20)
    assert mean_error(np.full(20, 3.5), np.arange(20)) == 0.0


def exact_bits(means: list[float], sds: list[float], weights: list[float]) -> float:
    """Return the mutual information of which normal it is and a number from it, by quadrature."""
    y = np.linspace(-30.0, 40.0, 200_001)
    densities = [norm.pdf(y, mean, sd) for mean, sd in zip(means, sds, strict=True)]
    mixture = sum(w * p for w, p in zip(weights, densities, strict=True))
    return sum(
        w * float(np.trapezoid(p * np.log2(np.maximum(p, 1e-300) / np.maximum(mixture, 1e-300)), y))
        for w, p in zip(weights, densities, strict=True)
    )


def exact_weights(means: list[float], sds: list[float], weights: list[float]) -> tuple[float, float]:
    """Return the expected weight of the first of two normals if a number is from it, and if not."""
    y = np.linspace(-30.0, 40.0, 200_001)
    first, second = (norm.pdf(y, mean, sd) for mean, sd in zip(means, sds, strict=True))
    share = weights[0] * first / np.maximum(weights[0] * first + weights[1] * second, 1e-300)
    return float(np.trapezoid(share * first, y)), float(np.trapezoid(share * second, y))


def test_a_few_draws_far_from_the_others_are_no_spikes() -> None:
    """Two accounts that expect the same, mostly a point and sometimes anything, are not told apart."""
    rng = np.random.default_rng(10)
    found = []
    for _ in range(10):
        predicted = {}
        for name in "ab":
            far = rng.random(300) < 0.15
            mean = np.where(far, rng.uniform(0.0, 1.0, 300), 0.7 + 0.01 * rng.normal(size=300))
            predicted[name] = Predicted(mean, np.full(300, 0.003), np.arange(300))
        found += told(predicted, [{"a": 0.6, "b": 0.4}])
    assert max(one.bits for one in found) < 0.03
    assert np.mean([one.if_leading - one.if_not for one in found]) == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize(
    ("apart", "noise", "wide"),
    [(1.0, 0.5, 1.0), (2.0, 0.1, 1.0), (4.0, 0.9, 1.0), (0.0, 0.3, 4.0), (6.0, 0.0, 1.0)],
)
def test_information_is_that_of_two_normals(apart: float, noise: float, wide: float) -> None:
    rng = np.random.default_rng(6)
    own, n = sqrt(1.0 - noise**2), 1500
    predicted = {
        "one": Predicted(own * rng.normal(size=n), np.full(n, noise), np.arange(n)),
        "other": Predicted(apart + own * wide * rng.normal(size=n), np.full(n, noise * wide), np.arange(n)),
    }
    (found,) = told(predicted, [{"one": 0.6, "other": 0.4}])
    wanted = exact_bits([0.0, apart], [1.0, wide], [0.6, 0.4])
    assert found.bits == pytest.approx(wanted, abs=4 * found.error + 0.02)
    leading = exact_weights([0.0, apart], [1.0, wide], [0.6, 0.4])
    assert (found.if_leading, found.if_not) == pytest.approx(leading, abs=0.03)


@pytest.mark.parametrize(
    ("spike", "width", "noise"),
    [(0.3, 0.01, 0.003), (0.6, 0.01, 0.003), (0.3, 0.01, 0.01), (0.6, 0.002, 0.0), (0.15, 0.002, 0.001)],
)
def test_an_account_of_a_spike_and_a_plain_is_told_from_the_spike(
    spike: float, width: float, noise: float
) -> None:
    """Against integrals over both densities; one width for all draws would make the spike a plain too."""
    weights, n = {"plain": 0.91, "spike": 0.09}, 600
    wanted = exact_of_spike_and_plain(spike, width, weights["plain"])
    own, found = sqrt(width**2 - noise**2), []
    for seed in range(4):
        rng = np.random.default_rng([11, seed])
        far, near = rng.random(n) >= spike, 0.7 + own * rng.normal(size=(2, n))
        means = {"plain": np.where(far, rng.random(n), near[0]), "spike": near[1]}
        predicted = {k: Predicted(mean, np.full(n, noise), np.arange(n)) for k, mean in means.items()}
        found.append(told(predicted, [weights])[0])
    for one in found:
        assert one.bits == pytest.approx(wanted[0], abs=4 * one.error)
        assert abs(one.gap) < 0.02
        assert one.if_leading > weights["plain"] - 0.01  # an account that holds is not expected to lose
    assert np.mean([one.bits for one in found]) == pytest.approx(wanted[0], abs=0.015)
    assert np.mean([one.if_leading for one in found]) == pytest.approx(wanted[1], abs=0.01)
    assert np.mean([one.if_not for one in found]) == pytest.approx(wanted[2], abs=0.03)


def exact_of_spike_and_plain(spike: float, width: float, weight: float) -> tuple[float, float, float]:
    """Return the bits, and the expected weight of the plain if it holds, and if the spike does."""
    y = np.linspace(-0.2, 1.2, 70_001)
    other = norm.pdf(y, 0.7, width)
    first = spike * other + (1.0 - spike) * ((y > 0) & (y < 1))
    mixture = np.maximum(weight * first + (1.0 - weight) * other, 1e-300)
    bits = sum(
        w * float(np.trapezoid(p * np.log2(np.maximum(p, 1e-300) / mixture), y))
        for w, p in ((weight, first), (1.0 - weight, other))
    )
    share = weight * first / mixture
    return bits, float(np.trapezoid(share * first, y)), float(np.trapezoid(share * other, y))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_no_account_that_holds_is_expected_to_lose(share: float) -> None:
    """Whatever the densities; and over all that may hold no weight is expected to change."""
    rng = np.random.default_rng(12)
    n = 400
    shapes = {
        "two humps": np.where(rng.random(n) < 0.5, 0.1, 0.9) + 0.02 * rng.normal(size=n),
        "long tail": np.exp(1.5 * rng.normal(size=n)) / 10,
        "a point": np.where(rng.random(n) < 0.7, 0.9, rng.random(n)),
    }
    for first in shapes:
        weights = {name: share if name == first else (1.0 - share) / 2 for name in shapes}
        predicted = {k: Predicted(mean, np.full(n, 0.005), np.arange(n)) for k, mean in shapes.items()}
        (found,) = told(predicted, [weights])
        assert abs(found.gap) < 0.02
        assert found.if_leading >= max(weights.values()) - 0.01
        assert found.if_not <= max(weights.values()) + 0.01


def test_two_accounts_that_predict_the_same_are_not_told_apart() -> None:
    rng = np.random.default_rng(7)
    bits = []
    for _ in range(10):
        predicted = {
            name: Predicted(rng.normal(size=300), np.full(300, 0.2), np.arange(300)) for name in "abc"
        }
        bits.append(told(predicted, [dict.fromkeys("abc", 1 / 3)])[0].bits)
    assert max(bits) < 0.03


def test_three_accounts_far_apart_are_told_in_full() -> None:
    rng = np.random.default_rng(8)
    predicted = {
        name: Predicted(100.0 * k + rng.normal(size=400), np.full(400, 0.1), np.arange(400))
        for k, name in enumerate("abc")
    }
    (found,) = told(predicted, [{"a": 0.5, "b": 0.25, "c": 0.25}])
    assert found.bits == pytest.approx(1.5, abs=0.05)
    assert found.if_leading > 0.98 and found.if_not < 0.02


def test_levels_tell_what_counting_gives() -> None:
    chances = {"one": [0.8, 0.2, 0.0], "other": [0.1, 0.3, 0.6]}
    predicted = {
        name: Named(np.tile(np.array(row), (800, 1)), np.arange(800)) for name, row in chances.items()
    }
    rows = np.array(list(chances.values()))
    mixture = rows.mean(axis=0)
    wanted = 0.5 * np.nansum(np.where(rows > 0, rows * np.log2(np.maximum(rows, 1e-300) / mixture), 0.0))
    (found,) = told(predicted, [{"one": 0.5, "other": 0.5}])
    assert found.bits == pytest.approx(wanted, abs=0.02)


def test_an_account_without_weight_tells_nothing() -> None:
    rng = np.random.default_rng(9)
    predicted = {
        name: Predicted(50.0 * k + rng.normal(size=200), np.full(200, 0.1), np.arange(200))
        for k, name in enumerate("ab")
    }
    assert told(predicted, [{"a": 1.0, "b": 0.0}])[0].bits == 0.0
