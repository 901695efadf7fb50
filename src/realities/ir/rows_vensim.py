"""The built-ins that mean in Vensim what they mean nowhere else; see `builtin.py` for the unit rules."""

from __future__ import annotations

from realities.ir.builtin import Builtin

VENSIM_ROWS = (
    Builtin("vensim.log", 2, 2, "1, 1 -> 1", "Logarithm of the first argument to the base of the second."),
    Builtin("vensim.integer", 1, 1, "u -> u", "Whole part, toward zero: -2.5 gives -2."),
    Builtin(
        "vensim.modulo",
        2,
        2,
        "u, u -> u",
        "Remainder of the first by the second with the sign of the first, as C's fmod: -7 by 3 gives -1.",
    ),
    Builtin(
        "vensim.quantum",
        2,
        2,
        "u, u -> u",
        "First argument cut toward zero to a multiple of the second; unchanged where the second is <= 0.",
    ),
    Builtin(
        "vensim.zidz",
        2,
        2,
        "u, v -> u/v",
        "Quotient of the arguments, 0 where the divisor is smaller than 1e-6 in size.",
    ),
    Builtin(
        "vensim.xidz",
        3,
        3,
        "u, v, u/v -> u/v",
        "Quotient of the first two, the third where the divisor is smaller than 1e-6 in size.",
    ),
    Builtin("vensim.gamma_ln", 1, 1, "1 -> 1", "Natural logarithm of the gamma function."),
    Builtin(
        "vensim.pulse",
        2,
        2,
        "t, t -> 1",
        "(start, width): 1 while start < now < start + width, the width at least one time step; else 0.",
    ),
    Builtin(
        "vensim.pulse_train",
        4,
        4,
        "t, t, t, t -> 1",
        "(start, width, between, end): pulses of `width` (at least one time step) every `between` from start "
        "on, up to and with end (now - time step < end); without a gap where between <= 0; else 0.",
    ),
    Builtin(
        "vensim.ramp",
        3,
        3,
        "u/t, t, t -> u",
        "(slope, start, end): 0 to start, then slope * (min(time, end) - start). Uses time itself.",
    ),
    Builtin(
        "vensim.date",
        2,
        2,
        "*, 1 -> *",
        "(days since the year 0 began, measure): 1 year, 2 quarter, 3 month, 4 day, 5 day of the week (0 is "
        "Sunday), 6 days, 7 hour, 8 minute, 9 second of the Gregorian calendar.",
    ),
    Builtin(
        "vensim.date_of_360",
        2,
        2,
        "*, 1 -> *",
        "(days since the year 0 began, measure): the same for months of 30 days.",
    ),
    Builtin(
        "vensim.lookup_invert",
        1,
        1,
        "* -> *",
        "The abscissa at which the (monotone) table takes the argument; its end points beyond.",
        takes_table=True,
    ),
    Builtin(
        "vensim.lookup_area",
        2,
        2,
        "*, * -> *",
        "Integral of the table between the arguments, the table held level beyond its ends.",
        takes_table=True,
    ),
    Builtin(
        "vensim.lookup_slope",
        2,
        2,
        "*, 1 -> *",
        "(x, mode): slope of the table at x, at a point the mean of both sides, :NA: where points share x. "
        "Outside 0 (mode 0), that of the nearest segment (1) or :NA: (-1).",
        takes_table=True,
    ),
    # -- data: the table holds the points of the file, and no others ---------------------------------
    Builtin(
        "vensim.data_at_time",
        1,
        1,
        "t -> *",
        "(time): the point at a time; :NA: where there is none.",
        takes_table=True,
    ),
    Builtin(
        "vensim.data_between_times",
        3,
        3,
        "t, 1, t -> *",
        "(time, mode, time step): the points at a time: between them (mode 0), the next (1; at a point that "
        "point) or the one before (-1), both of the start of a step; :NA: outside the first and the last.",
        takes_table=True,
    ),
    Builtin("vensim.data_first_time", 0, 0, "-> t", "The time of the first point.", takes_table=True),
    Builtin("vensim.data_last_time", 0, 0, "-> t", "The time of the last point.", takes_table=True),
    Builtin("vensim.data_total_points", 0, 0, "-> 1", "How many points there are.", takes_table=True),
    Builtin(
        "vensim.data_max",
        2,
        2,
        "t, t -> *",
        "(from, to): the largest point from one time to another, both included; :NA: without a point there.",
        takes_table=True,
    ),
    Builtin("vensim.data_mean", 2, 2, "t, t -> *", "(from, to): the mean of the points.", takes_table=True),
    Builtin(
        "vensim.data_median", 2, 2, "t, t -> *", "(from, to): the median of the points.", takes_table=True
    ),
    Builtin("vensim.data_min", 2, 2, "t, t -> *", "(from, to): the smallest point.", takes_table=True),
    # -- random numbers: one new value each time step; `Call.site` and the seed choose the stream ---
    Builtin("vensim.random_0_1", 0, 0, "-> 1", "Uniform between 0 and 1.", is_random=True),
    Builtin(
        "vensim.random_uniform",
        3,
        3,
        "u, u, * -> u",
        "(least, most, seed): uniform between the bounds.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_normal",
        5,
        5,
        "u, u, u, u, * -> u",
        "(least, most, mean, standard deviation, seed): normal, truncated to the bounds by redrawing.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_exponential",
        5,
        5,
        "u, u, u, u, * -> u",
        "(least, most, shift, stretch, seed): shift + stretch times a unit exponential, truncated.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_lookup",
        5,
        5,
        "u, u, *, *, * -> u",
        "(least, most, shift, stretch, seed): shift + stretch times a number with this density, truncated.",
        takes_table=True,
        is_random=True,
    ),
    Builtin(
        "vensim.random_negative_binomial",
        7,
        7,
        "u, u, 1, 1, u, u, * -> u",
        "(least, most, probability, successes, shift, stretch, seed): shift + stretch times the trials it "
        "takes to succeed so often, truncated.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_poisson",
        6,
        6,
        "u, u, 1, u, u, * -> u",
        "(least, most, mean, shift, stretch, seed): shift + stretch times a Poisson of that mean, truncated.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_gamma",
        6,
        6,
        "u, u, 1, u, u, * -> u",
        "(least, most, order, shift, stretch, seed): shift + stretch times a gamma of that shape (at least "
        "1), truncated.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_beta",
        7,
        7,
        "u, u, 1, 1, u, u, * -> u",
        "(least, most, alpha, beta, shift, stretch, seed): shift + stretch times a beta, truncated.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_binomial",
        7,
        7,
        "u, u, 1, 1, u, u, * -> u",
        "(least, most, probability, trials, shift, stretch, seed): shift + stretch times binomial, cut.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_triangular",
        6,
        6,
        "u, u, u, u, u, * -> u",
        "(least, most, start, peak, stop, seed): triangular from start to stop, truncated.",
        is_random=True,
    ),
    Builtin(
        "vensim.random_weibull",
        6,
        6,
        "u, u, 1, u, u, * -> u",
        "(least, most, shape, shift, stretch, seed): shift + stretch times a Weibull of mean 1, truncated.",
        is_random=True,
    ),
    # -- functions of whole arrays: every element is an argument, and of most so is every result ---------
    Builtin(
        "vensim.vector_sort_order",
        2,
        None,
        "1, u ... -> 1",
        "(direction, x ...): the positions, from 0, of the elements in their order when sorted upward "
        "(direction > 0) or downward; equal elements keep their order.",
        is_vector=True,
    ),
    Builtin(
        "vensim.vector_rank",
        2,
        None,
        "1, u ... -> 1",
        "(direction, x ...): each element's place, from 1, when sorted upward (direction > 0) or downward.",
        is_vector=True,
    ),
    Builtin(
        "vensim.vector_lookup",
        5,
        None,
        "u, u, u, 1, * ... -> *",
        "(x, least x, most x, mode, y ...): the lookup of y evenly spread over the range of x, read as the "
        "mode says: 0 between, 1 area from the least x, 2 backward, 3 extrapolated, 4 forward, 5 inverted, "
        "6 slope; 7, 8, 9 as 1, 5, 6 with extrapolation.",
    ),
    Builtin(
        "vensim.vector_select",
        5,
        None,
        "*, 1, 1 | 1, u ... -> u",
        "(missing, action, error action, s1, x1, s2, x2, ...): over the x whose s is not 0: sum (action 0), "
        "product (1), minimum (2), maximum (3) or average (4) of s * x, product of s ^ x (5), the same five "
        "of x itself (6 to 10); `missing` where no s is. No number where the error action forbids that no s "
        "is (1), that several are (2), or both (3).",
    ),
    Builtin(
        "vensim.invert_matrix",
        1,
        None,
        "u ... -> *",
        "(a11, a12, ...): the entries of the inverse of the square matrix, by rows.",
        is_vector=True,
    ),
    Builtin(
        "vensim.allocate_available",
        6,
        None,
        "u | u, 1, *, *, * ... -> u",
        "(available, then request, type, priority, width, extra of each): what each gets of the supply "
        "when all are supplied at one common price of their priority curves. Types: 0 fixed quantity, "
        "1 rectangular, 2 triangular, 3 normal, 4 exponential, 5 constant elasticity.",
        is_vector=True,
    ),
    Builtin(
        "vensim.find_market_price",
        6,
        None,
        "1 | *, 1, u, u, * ... -> u",
        "(n, then quantity, type, priority, width, extra of n demanders and of each supplier): the price "
        "at which demand is supply, the lowest if there are several. Types as above.",
    ),
    Builtin(
        "vensim.demand_at_price",
        6,
        6,
        "v, u, 1, v, v, * -> u",
        "(price, quantity, type, priority, width, extra): what is demanded at a price.",
    ),
    Builtin(
        "vensim.supply_at_price",
        6,
        6,
        "v, u, 1, v, v, * -> u",
        "(price, quantity, type, priority, width, extra): what is supplied at a price.",
    ),
    Builtin(
        "vensim.allocate_by_priority",
        4,
        None,
        "u, * | u, * ... -> u",
        "(available, width, then request and priority of each): what each gets when priorities are "
        "served from high to low, those within `width` of one another sharing in proportion.",
        is_vector=True,
    ),
)
