"""Accounts: what each rival view assumes about the model's constants.

In come the tables of `accounts/*.toml`; out come `Account`s. An account holds only what it assumes
differently from `accounts/common.toml`; `folder.py` joins the two into one set of priors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from realities.case.priors import Prior
from realities.source import NOWHERE, Span


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
