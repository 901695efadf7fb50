"""What JavaScript lacks and pages carry: each function against SciPy, or the reference engine's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from js_functions import called, needs_node
from numpy.typing import NDArray
from scipy import special

from realities.engine.js.functions import library_name
from realities.engine.reference.functions import FUNCTIONS

pytestmark = needs_node
FloatArray = NDArray[np.float64]
N = 400


def apart(found: FloatArray, wanted: FloatArray) -> float:
    """Return how far numbers are off at most, as a part of them; infinite where one is none."""
    same = (found == wanted) | np.isnan(found) & np.isnan(wanted)
    with np.errstate(all="ignore"):
        off = np.where(same, 0.0, np.abs(found - wanted) / np.abs(wanted))
    return float(np.where(np.isnan(off), np.inf, off).max())


def test_normal_gamma_and_beta_distributions_are_those_of_scipy() -> None:
    rng = np.random.default_rng(1)
    ends = np.array([0.0, 1.0, -1.0, 2.0, np.nan])
    x = np.concatenate(
        [rng.normal(size=N) * 6.0, np.linspace(-37.0, 37.0, 75), [0.0, np.inf, -np.inf, np.nan]]
    )
    p = np.concatenate(
        [rng.random(N), 10.0 ** -rng.uniform(0.0, 300.0, N), 0.5 + rng.normal(size=50) * 1e-7, ends]
    )
    g = np.concatenate(
        [rng.uniform(0.0, 12.0, N), 10.0 ** rng.uniform(-9.0, 8.0, N), -rng.uniform(0.0, 20.0, N)]
    )
    g = g[np.abs(special.gammaln(g)) > 1e-3]  # nearer to 0 SciPy's own has fewer digits
    a, b = 10.0 ** rng.uniform(-1.5, 4.0, (2, N))
    at, share = rng.gamma(a), rng.beta(a, b)
    large = 10.0 ** rng.uniform(6.1, 10.0, N)
    near = large + rng.normal(size=N) * np.sqrt(large)
    cases: Mapping[str, tuple[Sequence[FloatArray], FloatArray]] = {
        "ndtr": ([x], special.ndtr(x)),
        "ndtri": ([p], special.ndtri(p)),
        "vensimGammaLn": ([g], special.gammaln(g)),
        "gammaOf": ([g[np.abs(g) < 170.0]], special.gamma(g[np.abs(g) < 170.0])),
        "gammaShares": (
            [np.append(a, large), np.append(at, near)],
            special.gammainc([*a, *large], [*at, *near]),
        ),
        "gammaInverse": ([a, p[:N]], special.gammaincinv(a, p[:N])),
        "betaShares": ([a, b, share, 1.0 - share], special.betainc(a, b, share)),
        "betaInverse": ([a, b, p[:N]], special.betaincinv(a, b, p[:N])),
    }
    found = called([(name, args) for name, (args, _) in cases.items()])
    off = {
        name: apart(values, wanted) for values, (name, (_, wanted)) in zip(found, cases.items(), strict=True)
    }
    assert {name: value for name, value in off.items() if value > 2e-10} == {}


def random_arguments() -> dict[str, list[FloatArray | float]]:
    """Return arguments of each random function, without its uniform number."""
    rng = np.random.default_rng(2)

    def some(low: float, high: float) -> FloatArray:
        return rng.uniform(low, high, N)

    def sizes(low: float, high: float) -> FloatArray:
        return 10.0 ** some(low, high)

    open_ = [-1e9, 1e9]
    return {
        "vensim.random_uniform": [some(-1, 0), some(0, 1)],
        "vensim.random_normal": [some(-5, 2), some(2, 7), some(-1, 1), some(0.2, 2)],
        "vensim.random_exponential": [0.0, some(1, 5), some(-1, 1), some(-1, 2)],
        "vensim.random_gamma": [*open_, sizes(-1, 3), some(1, 2), some(0, 3)],
        "vensim.random_beta": [*open_, sizes(-0.5, 2), sizes(-0.5, 2), 1.0, 1.0],
        "vensim.random_weibull": [*open_, some(0.4, 5), 1.0, some(0.1, 3)],
        "vensim.random_triangular": [some(-1, 0.5), some(1, 2), 0.0, some(0, 2), 2.0],
        "vensim.random_poisson": [*open_, sizes(-2, 4), some(-1, 1), 1.0],
        "vensim.random_binomial": [*open_, some(0, 1), np.floor(sizes(0, 4)), 0.0, 1.0],
        "vensim.random_negative_binomial": [*open_, some(0.02, 0.99), np.floor(sizes(0, 2)), 0.0, 1.0],
        "xmile.exprnd": [some(-1, 3)],
        "xmile.lognormal": [some(0.1, 4), some(0.1, 4)],
        "xmile.normal": [some(5, 9), some(-1, 1)],
        "xmile.poisson": [np.append(sizes(-3, 5)[:-4], [0.0, -1.0, np.nan, np.inf])],
        "xmile.binomial": [np.floor(sizes(0, 5)), some(-0.1, 1.1)],
        "xmile.random": [some(-1, 0), some(0, 1)],
        "xmile.beta": [some(0.1, 9), some(0.1, 9)],
        "xmile.gamma": [some(-0.1, 9), some(0.1, 9)],
        "xmile.logistic": [some(8, 9), some(0.01, 0.2)],
        "xmile.pareto": [some(0.5, 4), some(0.1, 2)],
        "xmile.triangular": [some(-1, 0), some(0, 1), some(1, 2)],
        "xmile.weibull": [some(0.3, 4), some(0.1, 2)],
    }


def test_distributions_are_those_of_the_reference_engine() -> None:
    u = np.random.default_rng(3).random(N)
    arguments = random_arguments()
    found = called([(library_name(key), [u, *given]) for key, given in arguments.items()])
    off = {}
    for values, (key, given) in zip(found, arguments.items(), strict=True):
        with np.errstate(all="ignore"):
            wanted = FUNCTIONS[key](
                u, *(np.broadcast_to(np.asarray(one, dtype=np.float64), N) for one in given)
            )
        off[key] = apart(values, wanted)
    assert {key: value for key, value in off.items() if value > 2e-10} == {}


def test_dates_remainders_and_rounding_have_the_bits_of_the_reference_engine() -> None:
    rng = np.random.default_rng(4)
    odd = np.array([0.0, -0.0, 0.5, -0.5, 1.5, -2.5, 7.0, -7.0, 1e300, np.inf, -np.inf, np.nan, 5e-324])
    x, y = (np.append(part.ravel(), rng.normal(size=N) * 9.0) for part in np.meshgrid(odd, odd))
    days = np.append(rng.uniform(-1e5, 1e6, N), [0.1 + 0.2, 738000.5, 59.0, 60.0, 365.0, 366.0, np.nan])
    calls: list[tuple[str, list[FloatArray]]] = [
        ("xmile.mod", [x, y]),
        ("xmile.round", [x]),
        ("vensim.quantum", [x, y]),
        *(("vensim.date", [days, np.full(days.size, float(part))]) for part in range(11)),
        *(("vensim.date_of_360", [days, np.full(days.size, float(part))]) for part in range(11)),
    ]
    for found, (key, given) in zip(
        called([(library_name(key), given) for key, given in calls]), calls, strict=True
    ):
        with np.errstate(all="ignore"):
            wanted = FUNCTIONS[key](*given)
        np.testing.assert_array_equal(found, wanted, err_msg=f"{key} {given[-1][0]}")
        kept = ~np.isnan(wanted)
        assert np.array_equal(np.signbit(found)[kept], np.signbit(wanted)[kept]), key
