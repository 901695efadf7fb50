"""Live data: what a page carries so that its worker can run the model and weigh the accounts again.

`build.py` makes it of a `Study`, the payload holds it under `live`, and `page.py` packs it into the element
with the id "live", together with the text of the worker. Accounts are told by their place, as everywhere in a
payload; dates are those of the payload, in its order. `constants` and `inputs` are what a reader can change:
the page builds its sliders of them. All else is for the worker alone.
"""

from __future__ import annotations

from typing import Final, Literal, TypedDict

#: The form of live data that this version writes, and the only one its worker reads.
LIVE_FORM: Final = 1


class LiveConstantData(TypedDict):
    """A constant of the model that can be pinned to one value for all accounts.

    `low` and `high` are the ends of its slider, `log` says that it is to move in logarithms. `least` and `most`
    bound what any account holds possible; null is no bound. `ranges` has, per account, p5, p50 and p95 of what
    the account assumed before any report, or one number where it fixes the constant. `uncertain` is false
    where every account fixes it. `text` is what the model's author wrote of it.
    """

    name: str
    unit: str
    text: str
    default: float
    low: float
    high: float
    log: bool
    least: float | None
    most: float | None
    uncertain: bool
    ranges: list[list[float]]


class LiveInputData(TypedDict):
    """A dated input of the case, which can be held at a value throughout.

    `changes` are [day, day of publication, value]; before the first it has its `default`.
    """

    name: str
    unit: str
    text: str
    default: float
    changes: list[list[float]]


class LiveVariableData(TypedDict):
    """A variable of the model that can be charted, by the name that `variables` of a request uses."""

    name: str
    unit: str


class LiveTimeData(TypedDict):
    """The steps of a run, and the times at which the page's curves may lie, by day number."""

    initial: float
    step: float
    count: int
    days_per_time: float
    chart_times: list[float]
    chart_days: str


class LivePriorData(TypedDict):
    """How a sampled number follows from z, which is N(0, 1) before any report.

    `normal`: a + b z; `lognormal`: exp(a + b z); `table`: on straight lines between points (z, value).
    """

    kind: Literal["normal", "lognormal", "table"]
    a: float
    b: float
    z: list[float]
    values: list[float]


class LiveDrawsData(TypedDict):
    """Equally weighted draws of one account: for every sampled name z as whole numbers from `low` to `high`.

    `z` holds `n` bytes for each name, one name after the other, in base 64; 0 is `low`, 255 is `high`. The
    names are those of the account's `priors` that the date has.
    """

    n: int
    names: list[int]
    low: list[float]
    high: list[float]
    z: str


class LiveAccountData(TypedDict):
    """One account: the constants it fixes, and the priors of what it leaves open, by name."""

    fixed: dict[str, float]
    priors: dict[str, LivePriorData]


class LiveDateData(TypedDict):
    """One as-of date: logarithm of evidence times prior weight, draws and rows that weigh, by quantity.

    A `logs` of null is an account that cannot have made the reports.
    """

    day: int
    logs: list[float | None]
    draws: list[LiveDrawsData]
    rows: dict[str, str]


class LiveTermData(TypedDict):
    """An uncertain number of a reporter or origin.

    Sampled under `name` where `sd` is null, else normal with `mean` and `sd` on the scale (0: known). `log`
    says that mean and standard deviation are of its logarithm.
    """

    name: str
    mean: float
    sd: float | None
    log: bool


class LiveErringData(TypedDict):
    """A reporter or an origin: what it adds to the truth, and since when its bias drifts, in days.

    `heaping` are the steps' shares: terms, or known ones in `shares`.
    """

    bias: LiveTermData
    drift: LiveTermData | None
    noise: LiveTermData | None
    walk: LiveTermData | None
    scale: str
    since: float
    period: float
    origin: int
    heaping: list[LiveTermData]
    shares: list[float]


class LivePartData(TypedDict):
    """Events that enter a count with one half-life: see `weigh/reporting/delays.py`."""

    share: str
    share_known: float | None
    rest: bool
    half_life: str
    half_life_known: float | None
    steps: str


class LiveDelayData(TypedDict):
    """How late events enter a count: steps of the total in days, and its parts."""

    steps: list[float]
    parts: list[LivePartData]


class LiveRowsData(TypedDict):
    """Rows of one quantity in order of time, each a column; those of a date are picked out of them.

    `time` and `day` are model time and days since the start, `years` since its reporter's bias began to drift.
    Rows are values, or lie between `low` and `high` (null: open), or between `edges` with weights by `steps`.
    """

    reporter: list[int]
    time: list[float]
    years: list[list[float]]
    value: list[float | None]
    low: list[float | None]
    high: list[float | None]
    own_sd: list[float]
    jacobian: list[float]
    steps: list[list[int]]
    edges: list[list[float | None]]


class LiveQuantityData(TypedDict):
    """One measured quantity: which output an account reads it off, and how its reports err.

    `counted` is false where its reports play no part in the weights of a what-if; then `why` says so.
    """

    key: str
    kind: str
    scale: str
    whole: float | None
    least: float | None
    outputs: list[str]
    discrepancy: list[float]
    counted: bool
    why: str
    erring: list[LiveErringData]
    delay: LiveDelayData | None
    rows: LiveRowsData


class LiveData(TypedDict):
    """Everything the worker needs, and what the page builds its sliders of.

    `model` is the model as JavaScript (see `engine/js`).
    """

    form: int
    model: str
    time: LiveTimeData
    constants: list[LiveConstantData]
    inputs: list[LiveInputData]
    variables: list[LiveVariableData]
    accounts: list[LiveAccountData]
    dates: list[LiveDateData]
    prior: list[LiveDrawsData]
    prior_logs: list[float]
    quantities: list[LiveQuantityData]
    seed: int
