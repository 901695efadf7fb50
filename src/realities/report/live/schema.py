"""Live data: what a page carries so that its worker can run the model and weigh the accounts again.

`build.py` makes it of a `Study`, the payload holds it under `live`, and `page.py` packs it into the element
with the id "live", together with the text of the worker; draws and rows go there as `bits.py` and `logs.py`
write them. Accounts are told by their place, as everywhere in a payload; dates are those of the payload, in
its order. `constants` and `inputs` are what a reader can change: the page builds its sliders of them. All
else is for the worker alone.
"""

from __future__ import annotations

from typing import Final, Literal, NotRequired, TypedDict

#: The form of live data that this version writes, and the only one its worker reads.
LIVE_FORM: Final = 1


class LiveConstantData(TypedDict):
    """A constant of the model that can be pinned to one value for all accounts.

    `low` and `high` are the ends of its slider, `log` says that it is to move in logarithms. `least` and
    `most` bound what any account holds possible; null is no bound. `ranges` has, per account, p5, p50 and p95
    of what the account assumed before any report, or one number where it fixes the constant. `uncertain` is
    false where every account fixes it. `text` is what the model's author wrote of it.
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

    `changes` are [day, day of publication, value, model time]; before the first it has its `default`.
    """

    name: str
    unit: str
    text: str
    default: float
    changes: list[list[float]]


class LiveVariableData(TypedDict):
    """A variable of the model that can be charted, by the name that `variables` of a request uses.

    They come first among the model's outputs, in this order; what measures read comes after them.
    """

    name: str
    unit: str


class LiveTimeData(TypedDict):
    """The steps of a run, and the times at which the page's curves may lie, with their day numbers.

    There are `count` steps from `initial` on. The case begins at model time `start`; a unit of time has
    `days_per_time` days, exactly where `exact`.
    """

    initial: float
    step: float
    count: int
    start: float
    days_per_time: float
    exact: bool
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

    `z` holds, in base 64, one name after the other, `n` whole numbers of one byte, or of two (the larger part
    first) where `width` is 2; 0 is `low`, the largest there can be is `high`. The names are those of the
    account's `priors` that the date has.
    """

    n: int
    names: list[int]
    width: list[int]
    low: list[float]
    high: list[float]
    z: str


class LiveAccountData(TypedDict):
    """One account: the constants it fixes, and the priors of what it leaves open, by name."""

    fixed: dict[str, float]
    priors: dict[str, LivePriorData]


class LiveBookData(TypedDict):
    """One reporter's counts as of a date: `weigh/reporting/counts.py` says what a book is.

    Figures are told by the place of their last day in the steps, and by the days waited for them. Each
    increment that stands is [events, figure, how often, figure, how often, ...].
    """

    erring: int
    ends: list[int]
    waits: list[int]
    increments: list[list[int]]


class LiveDelayData(TypedDict):
    """How late events enter a count, as of a date.

    `offsets` are days since the start between which the total is followed, at model times `times` where
    these do not follow from the days. `parts` are [first step, last step + 1, place of the part].
    """

    offsets: str
    times: list[float]
    parts: list[list[int]]


class LiveDateRowsData(TypedDict):
    """The rows of one quantity that weigh as of a date: their places, ascending in time."""

    places: str
    delay: LiveDelayData | None
    books: list[LiveBookData]


class LiveDateData(TypedDict):
    """One as-of date: logarithm of evidence times prior weight, draws, and the rows that weigh, by quantity.

    A `logs` of null is an account that cannot have made the reports.
    """

    day: int
    logs: list[float | None]
    draws: list[LiveDrawsData]
    rows: dict[str, LiveDateRowsData]


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
    """A reporter or an origin: what it adds to the truth.

    Its bias drifts from day `since_day` on and walks from `since` on, both counted from the start, one in
    days of the calendar and the other in mean days of the model's time. `origin` is the place of a
    reporter's origin, or -1; `period` is what an origin's own errors last. A reporter that rounds to several
    steps has a share for each: known `shares`, or the terms in `heaping`.
    """

    is_origin: bool
    scale: str
    bias: LiveTermData
    drift: LiveTermData | None
    noise: LiveTermData | None
    walk: LiveTermData | None
    since: float
    since_day: int
    period: float
    origin: int
    heaping: list[LiveTermData]
    shares: list[float]


class LivePartData(TypedDict):
    """Events that enter a count with one half-life: see `weigh/reporting/delays.py`.

    A half-life or a share is a known number, or a sampled one by its name.
    """

    share: str | float
    rest: bool
    half_life: str | float


class LiveRowsData(TypedDict):
    """Rows of one quantity, each a column of an entry for each row; those of a date are picked out of them.

    `day` is days since the start, `time` model time where that does not follow from the day. A row is a
    value, or lies between `low` and `high` (null: open), or has `edges` of nested intervals and the `steps`
    of its reporter that they come from. `wait` is by how many days it was published after the last day it
    counts, `end`. Columns in which nothing stands are empty.
    """

    erring: str
    day: str
    time: list[float]
    value: list[float | None]
    low: list[float | None]
    high: list[float | None]
    own_sd: list[float]
    jacobian: list[float]
    steps: list[list[int]]
    edges: list[list[float | None]]
    end: str
    wait: str


class LiveQuantityData(TypedDict):
    """One measured quantity: which output each account reads it off, and how its reports err.

    `discrepancy` is standard deviation and timescale in days, or empty; `ends` are those of its levels, empty
    where it has none.
    """

    key: str
    kind: str
    scale: str
    ends: list[float]
    least: float | None
    whole: float | None
    outputs: list[int]
    discrepancy: list[float]
    erring: list[LiveErringData]
    parts: list[LivePartData]
    per_unit: float
    rows: LiveRowsData


class LiveData(TypedDict):
    """Everything the worker needs, and what the page builds its sliders of.

    `model` is the model as JavaScript (see `engine/js`), `defaults` are its parameters' own values, `stated`
    is as in the payload.
    """

    form: int
    model: str
    time: LiveTimeData
    defaults: dict[str, float]
    constants: list[LiveConstantData]
    inputs: list[LiveInputData]
    variables: list[LiveVariableData]
    accounts: list[LiveAccountData]
    dates: list[LiveDateData]
    prior: list[LiveDrawsData]
    prior_logs: list[float]
    stated: NotRequired[list[int]]
    quantities: list[LiveQuantityData]
    seed: int
