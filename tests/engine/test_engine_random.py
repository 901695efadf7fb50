from __future__ import annotations

import math

import numpy as np
import pytest
from hand_built import aux, build, call, constant, initial, lookup, ref, stock
from scipy import stats

from realities.engine.reference import simulate
from realities.engine.reference.random import scramble, uniform

N = 20_000


def numbers(function: str, *args: float, seed: int = 1, n: int = N) -> np.ndarray:
    model = build([aux("out", call(function, *args, site=1))], end=0.0)
    return simulate(model, n_draws=n, seed=seed, outputs=["out"])["out"][:, 0]


def uniforms(step: float, n: int = N, *, seed: float = 0.0, stream: float = 0.0, site: int = 0) -> np.ndarray:
    parts = (np.float64(seed), np.float64(stream), np.float64(step))
    return uniform(*parts, np.arange(float(n)), site=site)  # type: ignore[arg-type]


def test_the_hash_is_splitmix() -> None:
    # The first numbers of the published generator from seed 1234567.
    state = np.uint64(1234567) + np.arange(3, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        words = scramble(state)
    assert words.tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_numbers_are_uniform_and_inside_the_interval() -> None:
    u = uniforms(0.0, 200_000)
    assert 0.0 < u.min() < 1e-4
    assert 1.0 - 1e-4 < u.max() < 1.0
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    assert stats.chisquare(np.bincount((u * 256).astype(int))).pvalue > 1e-3


def test_low_bits_are_random_too() -> None:
    low = (uniforms(3.0) * 2**52).astype(np.int64) & 255
    assert stats.chisquare(np.bincount(low, minlength=256)).pvalue > 1e-3


@pytest.mark.parametrize("change", [{"seed": 1.0}, {"stream": 1.0}, {"site": 1}, {"stream": 0.5}])
def test_every_key_gives_a_stream_of_its_own(change: dict) -> None:
    assert abs(np.corrcoef(uniforms(0.0), uniforms(0.0, **change))[0, 1]) < 0.03


def test_steps_and_draws_are_independent() -> None:
    table = np.array([uniforms(float(step), 500) for step in range(200)])
    for lag in (1, 2, 7):
        assert abs(np.corrcoef(table[lag:].ravel(), table[:-lag].ravel())[0, 1]) < 0.015
        assert abs(np.corrcoef(table[:, lag:].ravel(), table[:, :-lag].ravel())[0, 1]) < 0.015
    assert (
        stats.kstest(table.mean(axis=0) * np.sqrt(12 * 200) - 0.5 * np.sqrt(12 * 200), "norm").pvalue > 1e-3
    )


def test_a_run_is_the_same_for_its_seed_and_another_for_another() -> None:
    model = build([stock("x", call("vensim.random_0_1", site=4), 0.0)])
    first, again, other = (simulate(model, n_draws=3, seed=seed)["x"] for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.any(first[:, 1:] == other[:, 1:])


def test_the_initial_number_is_that_of_the_first_step() -> None:
    model = build([aux("noise", call("vensim.random_0_1")), initial("first", ref("noise"))])
    result = simulate(model, n_draws=4)
    np.testing.assert_array_equal(result["first"][:, 5], result["noise"][:, 0])


@pytest.mark.parametrize("integrator", ["rk4", "rk45"])
def test_a_number_holds_still_within_a_step(integrator: str) -> None:
    model = build([aux("u", call("vensim.random_0_1")), stock("x", ref("u"), 0.0)], integrator=integrator)  # type: ignore[arg-type]
    result = simulate(model, n_draws=2)
    np.testing.assert_allclose(np.diff(result["x"]), result["u"][:, :-1], rtol=1e-9)


@pytest.mark.parametrize(
    ("function", "args", "truth"),
    [
        ("vensim.random_uniform", (2.0, 5.0, 0), stats.uniform(2, 3)),
        ("vensim.random_normal", (-1e9, 1e9, 10.0, 2.0, 0), stats.norm(10, 2)),
        ("vensim.random_normal", (9.0, 14.0, 10.0, 2.0, 0), stats.truncnorm(-0.5, 2.0, 10, 2)),
        ("vensim.random_normal", (20.0, 22.0, 0.0, 2.0, 0), stats.truncnorm(10, 11, 0, 2)),
        ("vensim.random_exponential", (0.0, 1e9, 1.0, 2.0, 0), stats.expon(1, 2)),
        ("vensim.random_gamma", (0.0, 1e9, 2.5, 0.0, 3.0, 0), stats.gamma(2.5, 0, 3)),
        ("vensim.random_beta", (0.0, 1.0, 2.0, 5.0, 0.0, 1.0, 0), stats.beta(2, 5)),
        # Vensim's manual: it starts at 0 and has mean 1, then it is stretched and shifted.
        (
            "vensim.random_weibull",
            (0.0, 1e9, 1.7, 1.0, 3.0, 0),
            stats.weibull_min(1.7, 1, 3 / math.gamma(1 + 1 / 1.7)),
        ),
        # Vensim's manual: an order below 1 is taken for 1.
        ("vensim.random_gamma", (0.0, 1e9, 0.4, 0.0, 3.0, 0), stats.expon(0, 3)),
        ("vensim.random_triangular", (-9.0, 9.0, 1.0, 2.0, 5.0, 0), stats.triang(0.25, 1, 4)),
    ],
)
def test_a_continuous_distribution_is_what_its_name_says(function: str, args: tuple, truth: object) -> None:
    assert stats.kstest(numbers(function, *args), truth.cdf).pvalue > 1e-3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("function", "args", "truth"),
    [
        ("vensim.random_poisson", (0.0, 1e9, 3.5, 0.0, 1.0, 0), stats.poisson(3.5)),
        ("vensim.random_binomial", (0.0, 1e9, 0.3, 12.0, 0.0, 1.0, 0), stats.binom(12, 0.3)),
        # It counts the trials: SciPy's counts the failures, three fewer.
        ("vensim.random_negative_binomial", (0.0, 1e9, 0.6, 3.0, 0.0, 1.0, 0), stats.nbinom(3, 0.6, loc=3)),
    ],
)
def test_a_count_is_what_its_name_says(function: str, args: tuple, truth: object) -> None:
    counts = np.bincount(numbers(function, *args).astype(int), minlength=13)[:13]
    expected = truth.pmf(np.arange(13)) * N  # type: ignore[attr-defined]
    kept = expected > 5
    assert (
        stats.chisquare(counts[kept], expected[kept] * counts[kept].sum() / expected[kept].sum()).pvalue
        > 1e-3
    )


@pytest.mark.parametrize(
    ("bounds", "truth"),
    [
        ((-9.0, 99.0, 0.0, 1.0), stats.triang(0.25, 1, 4)),
        ((-9.0, 99.0, 3.0, 2.0), stats.triang(0.25, 5, 8)),
        ((-99.0, 99.0, 0.0, -1.0), stats.triang(0.75, -5, 4)),
    ],
)
def test_a_table_may_be_a_density(bounds: tuple[float, ...], truth: object) -> None:
    """A table that rises from 1 to 2 and falls to 5 is a triangular distribution, whatever its height."""
    density = lookup("density", (1.0, 0.0), (2.0, 6.0), (5.0, 0.0))
    model = build(
        [aux("x", call("vensim.random_lookup", *bounds, 0, table="density"))], end=0.0, lookups=[density]
    )
    drawn = simulate(model, n_draws=N)["x"][:, 0]
    assert stats.kstest(drawn, truth.cdf).pvalue > 1e-3  # type: ignore[attr-defined]


def test_a_density_is_cut_to_its_bounds() -> None:
    falling = lookup("falling", (0.0, 4.0), (2.0, 2.0))
    for bounds in ((1.0, 3.0, 0.0, 1.0), (0.5, 1.5, 0.0, 1.0)):
        out = call("vensim.random_lookup", *bounds, 0, table="falling")
        drawn = simulate(build([aux("x", out)], end=0.0, lookups=[falling]), n_draws=N)["x"][:, 0]
        low, high = bounds[0], min(bounds[1], 2.0)

        def mass(x: np.ndarray) -> np.ndarray:  # of a density that falls from 2/3 to 1/3 over 0 to 2
            return 2 * x / 3 - x * x / 12

        truth = lambda x, a=low, b=high: (mass(x) - mass(a)) / (mass(b) - mass(a))  # noqa: E731
        assert stats.kstest(drawn, truth).pvalue > 1e-3


def test_truncated_counts_stay_within_their_bounds_and_keep_their_odds() -> None:
    x = numbers("vensim.random_poisson", 2.0, 4.0, 3.5, 0.0, 1.0, 0)
    assert set(x) == {2.0, 3.0, 4.0}
    assert (x == 2).sum() / (x == 4).sum() == pytest.approx(
        stats.poisson.pmf(2, 3.5) / stats.poisson.pmf(4, 3.5), rel=0.06
    )


def test_no_spread_gives_the_mean_and_no_room_gives_a_failure() -> None:
    assert set(numbers("vensim.random_normal", 0.0, 9.0, 4.0, 0.0, 0, n=9)) == {4.0}
    assert np.isnan(numbers("vensim.random_normal", 5.0, 1.0, 4.0, 1.0, 0, n=9)).all()


def test_two_sites_of_one_model_differ_and_a_parameter_may_spread() -> None:
    model = build(
        [
            constant("sd", 1.0),
            aux("a", call("vensim.random_normal", -9, 9, 0, ref("sd"), 3, site=1)),
            aux("b", call("vensim.random_normal", -9, 9, 0, ref("sd"), 3, site=2)),
        ],
        end=200.0,
    )
    result = simulate(model, {"sd": [0.5, 2.0]})
    assert np.abs(np.corrcoef(result["a"][0], result["b"][0])[0, 1]) < 0.25
    assert result["a"].std(axis=1) == pytest.approx([0.5, 2.0], rel=0.2)
