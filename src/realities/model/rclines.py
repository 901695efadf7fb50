"""The lines that Vensim's RC functions draw: what a variable becomes from a time of the run on.

In comes a call in a Reality Check, its arguments as text; out comes a `Line` in the model's language. Each
function leaves a variable as it is until a start, and from there on gives it a course that begins at the
value of its basis at that moment. `realitychecks.py` puts lines into conditions and conclusions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Functions that only a Reality Check can hold: each sets a variable, its CHECK compares with one so set.
RC_FUNCTIONS = frozenset(
    f"rc {name}{suffix}" for name in ("compare", "decay", "grow", "ramp", "step") for suffix in ("", " check")
)
#: How many arguments the functions take whose lines are known, but for grace, start and duration.
_OWN = {"rc step": 2, "rc ramp": 3}
_WHY_NOT = {
    "rc compare": "it compares with another run, kept in a file, which a check does not have",
    "rc grow": "what exactly it draws is not described well enough",
    "rc decay": "what exactly it draws is not described well enough",
}


class RcError(Exception):
    """No line can be drawn for a call; the message says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """A course from `start` on, and to before `end` where there is one: texts in the model's language.

    `grace` is how long after its start a CHECK leaves a variable alone, empty for none.
    """

    start: str
    end: str
    text: str
    grace: str = ""

    @property
    def premise(self) -> str:
        """When a CHECK compares, as a predicate says it."""
        since = f"Time >= {self.start}" + (f" + {self.grace}" if self.grace else "")
        return f"{since} and Time < {self.end}" if self.end else since

    def instead_of(self, variable: str) -> str:
        """Return the equation of a variable that follows the line while there is one."""
        when = f"Time >= {self.start}" + (f" :AND: Time < {self.end}" if self.end else "")
        return f"IF THEN ELSE({when}, {self.text}, {variable})"


def check_known(key: str) -> None:
    """Raise `RcError` if no line is known for a function."""
    if (name := key.removesuffix(" check")) not in _OWN:
        raise RcError(f"{key.upper()} is not known here: {_WHY_NOT[name]}")


def line_of(key: str, arguments: Sequence[str], usual_start: str) -> Line:
    """Return the line of a call.

    Parameters
    ----------
    key
        The function, such as `rc step` or `rc ramp check`.
    arguments
        As text, each in parentheses where it needs them; numbers as digits.
    usual_start
        When it starts if the call does not say.

    Raises
    ------
    RcError
        If no line is known for the function, or it has too few arguments or too many.
    """
    name, is_check = key.removesuffix(" check"), key.endswith(" check")
    check_known(key)
    least = _OWN[name] + is_check
    if not least <= len(arguments) <= least + 2:
        raise RcError(f"{key.upper()} takes {least} to {least + 2} arguments, not {len(arguments)}")
    grace = arguments[0] if is_check and arguments[0] != "0" else ""
    basis, factor, *rest = arguments[1:] if is_check else arguments
    ramp, times = (rest[0], rest[1:]) if name == "rc ramp" else ("", rest)
    start = times[0] if times else usual_start
    end = f"{start} + {times[1]}" if len(times) > 1 else ""
    begun = f"SAMPLE IF TRUE(Time <= {start}, {basis}, {basis})"
    if ramp:
        text = f"{begun} * (1 + ({factor} - 1) * MIN(1, MAX(0, Time - ({start})) / {ramp}))"
    else:
        text = {"0": "0", "1": begun}.get(factor, f"{factor} * {begun}")
    return Line(start, end, text, grace)
