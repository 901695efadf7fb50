"""The numbers of the mathematical functions of compiled code: polynomials and the table of logarithms.

    python bench/fit_math.py

Prints what stands in `src/realities/engine/llvm/math/numbers.py`, and how far each polynomial is from its
function. Polynomials are the best ones (minimax) for a weighted error, found by Remez' exchange in sixty
digits and then rounded to doubles. Needs mpmath.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import mpmath
from mpmath import mp, mpf

mp.prec = 240
Function = Callable[[mpf], mpf]


def best_polynomial(f: Function, weight: Function, low: mpf, high: mpf, degree: int) -> list[float]:
    """Return c0, c1, ... for which weight * (f - polynomial) is smallest at its largest."""
    n = degree + 2
    middle, half = (low + high) / 2, (high - low) / 2
    nodes = [middle - half * mpmath.cos(mpmath.pi * k / (n - 1)) for k in range(n)]
    cs: list[mpf] = []
    for _ in range(12):
        rows = mpmath.matrix(n, n)
        right = mpmath.matrix(n, 1)
        for i, x in enumerate(nodes):
            for j in range(degree + 1):
                rows[i, j] = x**j
            rows[i, n - 1] = (-1) ** i / weight(x)
            right[i] = f(x)
        solution = mpmath.lu_solve(rows, right)
        cs = [solution[j] for j in range(degree + 1)]
        nodes = _extremes(lambda x, cs=cs: weight(x) * (f(x) - mpmath.polyval(cs[::-1], x)), nodes, low, high)
    rounded = [float(c) for c in cs]
    points = [middle + half * mpmath.cos(mpmath.pi * (k + mpf(1) / 3) / 200) for k in range(200)]
    worst = max(abs(weight(x) * (f(x) - mpmath.polyval([mpf(c) for c in rounded][::-1], x))) for x in points)
    print(f"    # degree {degree}, largest error 2^{float(mpmath.log(worst, 2)):.1f}")
    return rounded


def _extremes(error: Function, nodes: list[mpf], low: mpf, high: mpf) -> list[mpf]:
    """Return where the error is largest between its changes of sign, one place for each node."""
    edges = [low, *[_root(error, a, b) for a, b in pairwise(nodes)], high]
    return [_peak(error, a, b) for a, b in pairwise(edges)]


def _root(error: Function, a: mpf, b: mpf) -> mpf:
    at_a = error(a)
    for _ in range(40):
        middle = (a + b) / 2
        if (error(middle) > 0) == (at_a > 0):
            a = middle
        else:
            b = middle
    return (a + b) / 2


def _peak(error: Function, a: mpf, b: mpf) -> mpf:
    points = [a + (b - a) * k / 16 for k in range(17)]
    return max(points, key=lambda x: abs(error(x)))


def near(f: Function, series: Function) -> Function:
    """Return f, but its series close to 0, where the formula is 0 / 0."""
    return lambda x: series(x) if abs(x) < mpf(10) ** -12 else f(x)


def polynomials() -> None:
    """Print the coefficients."""
    half_ln2 = mpmath.log(2) / 2 * mpf("1.0005")
    quarter = mpmath.pi / 4 * mpf("1.0005")
    log_low, log_high = mpf(-1) / 32, mpf(1) / 16
    tiny = mpf(10) ** -24
    root = mpmath.sqrt
    fits: dict[str, tuple[Function, Function, mpf, mpf, int]] = {
        "EXP": (
            near(lambda r: (mpmath.expm1(r) - r) / r**2, lambda r: 0.5 + r / 6),
            lambda r: r**2 / mpmath.exp(r) + tiny, -half_ln2, half_ln2, 9,
        ),
        "SINH": (
            near(lambda z: (mpmath.sinh(root(z)) / root(z) - 1) / z, lambda z: mpf(1) / 6 + z / 120),
            lambda z: z + tiny, mpf(0), half_ln2**2, 4,
        ),
        "COSH": (
            near(lambda z: (mpmath.cosh(root(z)) - 1) / z, lambda z: mpf(1) / 2 + z / 24),
            lambda z: z + tiny, mpf(0), half_ln2**2, 5,
        ),
        "LOG": (
            near(lambda r: (mpmath.log1p(r) - r) / r**2, lambda r: -0.5 + r / 3),
            lambda r: abs(r) + tiny, log_low, log_high, 9,
        ),
        "LOG_FROM_FOURTH": (
            near(
                lambda r: (mpmath.log1p(r) - r + r**2 / 2 - r**3 / 3) / r**4,
                lambda r: -mpf(1) / 4 + r / 5 - r**2 / 6,
            ),
            lambda r: abs(r) ** 3 + tiny, log_low, log_high, 9,
        ),
        "SIN": (
            near(lambda z: (mpmath.sin(root(z)) / root(z) - 1) / z, lambda z: -mpf(1) / 6 + z / 120),
            lambda z: z + tiny, mpf(0), quarter**2, 6,
        ),
        "COS": (
            near(lambda z: (mpmath.cos(root(z)) - 1 + z / 2) / z**2, lambda z: mpf(1) / 24 - z / 720),
            lambda z: z**2 + tiny, mpf(0), quarter**2, 6,
        ),
        "ATAN": (
            near(lambda z: (mpmath.atan(root(z)) / root(z) - 1) / z, lambda z: -mpf(1) / 3 + z / 5),
            lambda z: z + tiny, mpf(0), (mpf(7) / 16) ** 2 * mpf("1.001"), 11,
        ),
        "ASIN": (
            near(lambda z: (mpmath.asin(root(z)) / root(z) - 1) / z, lambda z: mpf(1) / 6 + z * 3 / 40),
            lambda z: z + tiny, mpf(0), mpf(1) / 4, 12,
        ),
    }  # fmt: skip
    for name, (f, weight, low, high, degree) in fits.items():
        print(f"{name} = (")
        for c in best_polynomial(f, weight, low, high, degree):
            print(f"    {c!r},")
        print(")")


def log_table() -> None:
    """Print 1 / c and log(c) for the sixteenth parts of [0.75, 1.5), by the first four bits of a number.

    c is near the middle of its part, and such that log(c) has no bits below 2^-42 and is exact to 2^-70 for
    the double that stands for 1 / c. Around 1 it is 1.
    """
    inverses, logs = [], []
    for i in range(16):
        if i in (0, 15):
            inverses.append(1.0)
            logs.append(0.0)
            continue
        half = 1 if i < 8 else 2
        low, high = (1 + mpf(i) / 16) / half, (1 + mpf(i + 1) / 16) / half
        inverse, log = _lucky((low + high) / 2)
        inverses.append(inverse)
        logs.append(log)
    for name, values in (("LOG_INVERSES", inverses), ("LOG_CENTRES", logs)):
        print(f"{name} = (")
        for value in values:
            print(f"    {value!r},")
        print(")")


def _lucky(centre: mpf) -> tuple[float, float]:
    """Return the first 1 / c at or above a centre whose logarithm is as the table wants it."""
    first = int(mpmath.ceil(mpmath.log(centre) * 2**42))
    bits = 200
    factor = int(mpmath.exp(-(mpf(2) ** -42)) * 2**bits)
    value = int(mpmath.exp(-mpf(first) / 2**42) * 2**bits)
    unit = bits - (53 if value < 2**bits else 52)
    for k in range(2**22):
        rest = value & ((1 << unit) - 1)
        distance = min(rest, (1 << unit) - rest)
        if distance < 1 << (bits - 71):
            inverse = float(mpf(value) / 2**bits)
            log = mpf(first + k) / 2**42
            assert abs(mpmath.log(mpf(inverse)) + log) < mpf(2) ** -70
            return inverse, float(log)
        value = value * factor >> bits
    raise ValueError("no such number near the middle")


def constants() -> None:
    """Print constants in several parts, each a double."""
    for name, value, bits in (
        ("LN2", mpmath.log(2), (42, 53)),
        ("HALF_PI", mpmath.pi / 2, (53, 53, 53)),
        ("ONE_OVER_LN10", 1 / mpmath.log(10), (53, 53)),
        ("THIRD", mpf(1) / 3, (53, 53)),
        ("LOG2_E", 1 / mpmath.log(2), (53,)),
        ("TWO_OVER_PI", 2 / mpmath.pi, (53,)),
    ):
        parts = []
        for n in bits:
            with mp.workprec(n):
                part = +value if n == 53 else mpf(int(value * 2**n)) / 2**n
            parts.append(float(part))
            value -= mpf(parts[-1])
        print(f"{name} = ({', '.join(map(repr, parts))},)")
    for name, angle in (("ATAN_HALF", mpf(1) / 2), ("ATAN_ONE", mpf(1)), ("ATAN_ONE_AND_HALF", mpf(3) / 2)):
        high = float(mpmath.atan(angle))
        print(f"{name} = ({high!r}, {float(mpmath.atan(angle) - mpf(high))!r})")
    mp.prec = 1500
    print(f"TWO_OVER_PI_BITS = {int(mpmath.floor(2 / mpmath.pi * mpf(2) ** 1280)):#x}")


if __name__ == "__main__":
    polynomials()
    log_table()
    constants()
