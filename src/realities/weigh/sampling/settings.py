"""How much work the sampler does: settings by name, for models that are quick to run and for slow ones.

`runs.py`, `levels.py` and `evidence.py` do what they say; decisions 0007 and 0090 say why they are so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SamplerSettings:
    """How much work goes into one posterior.

    `runs` independent runs of `particles` particles, with at most `moves` random-walk moves a
    temperature, each so long that a share `keep` of the particles stays effective; then up to `rounds`
    rounds of `importance_draws` draws per run from a mixture of up to `components` components.
    Fewer than `enough_draws` effective draws are called not reliable. `posterior_draws` come out: as many
    as are effective, or more, so that resampling adds little error. With `second` above zero, two populations
    of so many particles go another way (`levels.py`), at most `second_moves` moves in each of its layers.
    With `leaps` a run goes straight from one date asked for to the next where it can.
    """

    runs: int
    particles: int
    moves: int
    importance_draws: int
    keep: float = 0.5
    components: int = 12
    rounds: int = 8
    enough_draws: int = 1000
    posterior_draws: int = 10_000
    second: int = 0
    second_moves: int = 60
    leaps: bool = False


#: Names of efforts.
Effort = Literal["sketch", "quick", "default", "publish"]

EFFORTS: dict[Effort, SamplerSettings] = {
    "sketch": SamplerSettings(2, 300, 12, 1000, components=4, enough_draws=200, posterior_draws=2000),
    "quick": SamplerSettings(2, 2000, 10, 15_000),
    "default": SamplerSettings(2, 4000, 15, 20_000),
    "publish": SamplerSettings(4, 4000, 20, 20_000, components=20, posterior_draws=20_000, second=2000),
}

#: The same names for models of which a run takes a twentieth of a millisecond or more: decision 0087.
HEAVY_EFFORTS: dict[Effort, SamplerSettings] = {
    "sketch": SamplerSettings(
        1,
        300,
        5,
        1000,
        components=3,
        rounds=5,
        enough_draws=100,
        posterior_draws=500,
    ),
    "quick": SamplerSettings(
        1,
        400,
        5,
        1000,
        keep=0.35,
        components=3,
        rounds=12,
        enough_draws=80,
        posterior_draws=512,
        leaps=True,
    ),
    "default": SamplerSettings(
        2, 600, 8, 2500, components=4, rounds=6, enough_draws=600, posterior_draws=4000
    ),
    "publish": SamplerSettings(2, 2000, 30, 10_000, second=1000),
}
