"""Accounts: what each rival view assumes about the model's constants.

In come the tables of `accounts/*.toml`; out come `Account`s. An account holds only what it assumes
differently from `accounts/common.toml`; `folder.py` joins the two into one set of priors. Names of
parameters are held against the model's constants and come out as the model spells them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from realities.case.located import Located
from realities.case.priors import Prior, fixed_prior, parse_prior
from realities.case.schema import ACCOUNT, COMMON
from realities.case.shapes import conforms
from realities.errors import Findings, did_you_mean
from realities.ir.model import Kind, Model, Variable, name_key
from realities.source import NOWHERE, Span

_KINDS: Final[Mapping[Kind, str]] = {
    "constant": "a constant",
    "auxiliary": "an auxiliary",
    "stock": "a stock",
    "initial": "an initial value",
    "fixed_delay": "a delay",
    "material_delay": "a delay",
    "information_delay": "a delay",
    "sample": "a sampled value",
    "data": "a data variable",
}


@dataclass(frozen=True, slots=True)
class Assumption:
    """One prior over one constant of the model, and why.

    `parameter` is the constant's full name as the model spells it; `because` is the reason in the
    account's words; `locator` says where in the account's source it stands.
    """

    parameter: str
    prior: Prior
    because: str = ""
    locator: str = ""
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """One attributed view: priors and structural switches, with an author.

    `id` is the name of its file without `.toml`. `switches` are model constants held at 0 or 1.
    Numbers of an account that was `authored` after an as-of date were written with hindsight there.
    """

    id: str
    name: str
    summary: str
    source: str
    authored: date | None
    assumptions: Mapping[str, Assumption]
    switches: Mapping[str, float]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


class Constants:
    """The constants of a model that a case may set, looked up by any spelling of their names.

    Without a model, which could not be read, every name is taken as it stands: the model's own
    findings are enough.
    """

    def __init__(self, model: Model | None) -> None:
        self.model = model
        variables = () if model is None else tuple(v for v in model.variables if not v.is_hidden)
        self.variables: dict[str, Variable] = {v.name: v for v in variables}
        self.reserved: frozenset[str] = frozenset()
        if model is not None:
            time = model.time
            self.reserved = frozenset(
                map(name_key, (time.initial_time, time.final_time, time.time_step, time.save_period))
            )

    def find(self, name: str, span: Span, findings: Findings) -> str | None:
        """Return a constant's name as the model spells it, or None with a finding."""
        if self.model is None:
            return name
        if name_key(name) in self.reserved:
            findings.error("reserved-name", f'"{name}" is set by the calendar of case.toml', span)
            return None
        if name in self.model and not self.model[name].is_hidden:
            variable = self.model[name]
            if variable.kind == "constant":
                return variable.name
            kind = "a flow" if variable.is_flow else _KINDS[variable.kind]
            message = f'"{variable.name}" is {kind}, and only constants can be set'
            findings.error("not-a-constant", message, span, f"it is defined at {variable.span}")
            return None
        findings.error("unknown-name", f'the model has no constant "{name}"', span, self._hint(name))
        return None

    def _hint(self, name: str) -> str:
        elements = [
            v.name for v in self.variables.values() if v.elements and name_key(v.base) == name_key(name)
        ]
        if elements:
            return f"it has elements, each set alone: {', '.join(elements[:4])}" + ", ..." * (
                len(elements) > 4
            )
        constants = [v.name for v in self.variables.values() if v.kind == "constant"]
        return did_you_mean(name, constants) or did_you_mean(name, self.variables)


def parse_account(
    located: Located, account_id: str, constants: Constants, findings: Findings
) -> Account | None:
    """Return the account that a file holds, or None with findings if it has not the shape of one."""
    if not conforms(located, ACCOUNT, findings):
        return None
    data = located.data
    authored = data.get("authored")
    assumptions = _assumptions(located, constants, findings)
    return Account(
        id=account_id,
        name=str(data["name"]).strip(),
        summary=str(data.get("summary", "")).strip(),
        source=str(data.get("source", "")).strip(),
        authored=authored if isinstance(authored, date) else None,
        assumptions=assumptions,
        switches=_switches(located, constants, assumptions, findings),
        span=located.value("name"),
    )


def parse_common(located: Located, constants: Constants, findings: Findings) -> dict[str, Assumption]:
    """Return what `accounts/common.toml` assumes for all, its switches among them as fixed values."""
    if not conforms(located, COMMON, findings):
        return {}
    assumptions = _assumptions(located, constants, findings)
    for name, value in _switches(located, constants, assumptions, findings).items():
        assumptions[name] = Assumption(name, fixed_prior(value), span=located.key("switch"))
    return assumptions


def _assumptions(located: Located, constants: Constants, findings: Findings) -> dict[str, Assumption]:
    """Return the `[assume]` tables by the model's name of the parameter."""
    result: dict[str, Assumption] = {}
    tables = located.get("assume")
    for written in tables if isinstance(tables, dict) else ():
        span = located.key("assume", written)
        prior = parse_prior(
            located.get("assume", written, "prior"), located.text("assume", written, "prior"), findings
        )
        name = constants.find(written, span, findings)
        if name is None or prior is None:
            continue
        if name in result:
            findings.error(
                "duplicate-id", f'"{name}" is assumed twice', span, f"first at {result[name].span}"
            )
            continue
        because, locator = (located.get("assume", written, part) for part in ("because", "locator"))
        result[name] = Assumption(name, prior, str(because or "").strip(), str(locator or "").strip(), span)
    return result


def _switches(
    located: Located, constants: Constants, assumed: Mapping[str, Assumption], findings: Findings
) -> dict[str, float]:
    """Return the `[switch]` table by the model's name of the constant."""
    result: dict[str, float] = {}
    tables = located.get("switch")
    for written, value in tables.items() if isinstance(tables, dict) else ():
        span = located.key("switch", written)
        name = constants.find(written, span, findings)
        if name is None:
            continue
        if name in result or name in assumed:
            findings.error("duplicate-id", f'"{name}" is set twice in this file', span)
            continue
        result[name] = float(value)
    return result
