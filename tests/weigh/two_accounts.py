"""Two accounts of one growing number, and the reporters of a case: for tests of weights by date."""

from __future__ import annotations

SLOW = {"start value": "lognormal(median=80, sigma=0.3)"}
FAST = {"start value": "lognormal(median=150, sigma=0.3)", "growth rate": "normal(0, 0.05)"}
BOTH = {"slow": SLOW, "fast": FAST}
OFFICE = (
    'reporters."Bureau" = { noise = 0.1 }\n'
    'reporters."Office" = { bias = 1, noise = "lognormal(median=0.2, sigma=0.3)" }'
)
