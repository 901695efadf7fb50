"""The Reality Checks of a Vensim model as the claims of a case.

In comes a model as it was read; out comes the text of a `claims.toml`, each check with the predicate that
`realitychecks.py` makes of it, or the reason why there is none. `convert.py` writes the file.
"""

from __future__ import annotations

import json
import re
from datetime import date

from realities.model import syntax
from realities.model.realitychecks import said_by

#: The day and the account that a claim has until its reader says better.
_DAY, _WHO = date(2000, 1, 1), "model"


def claims_of(file: syntax.ModelFile, *, account: str = _WHO, source: str = _WHO, made: date = _DAY) -> str:
    """Return the text of a claims.toml with the Reality Checks of a model.

    Parameters
    ----------
    file
        A model as it was read.
    account, source, made
        Who claims it, the key of where it stands, and since when; a model says none of them.
    """
    name = file.source.name.rpartition("/")[2]
    head = (
        f"# The Reality Checks of {name}, as claims. A model does not say who holds them, nor since when:\n"
        f"# change account = '{account}' and source = '{source}' to an account and a source of the case,\n"
        f"# and made = {made.isoformat()} to the day they were written.\n"
    )
    found = said_by(file)
    if not found:
        return head + "#\n# This model holds no Reality Check with a condition.\n"
    taken: set[str] = set()
    parts = [head]
    for said in found:
        check = said.check
        about = f" ({', '.join(said.elements)})" if said.elements else ""
        kind = "counterfactual" if any(part.held or part.equations for part in said.parts) else "fact"
        verdict = {"undecidable": said.undecidable} if said.undecidable else {"holds": said.predicate}
        says = check.doc or f"Wherever {check.condition or 'it runs'}, it follows that {check.consequence}."
        lines = {
            "id": _identity(" ".join((check.name, *said.elements)), taken),
            "account": account,
            "kind": kind,
            "says": says + about,
            "source": source,
            "locator": f"{name}, line {check.span.line}",
        }
        written = [f"{key} = {_toml(value)}" for key, value in lines.items()]
        written.append(f"made = {made.isoformat()}")
        written += [f"{key} = {_toml(value)}" for key, value in verdict.items()]
        parts.append("\n[[claim]]\n" + "\n".join(written) + "\n")
    return "".join(parts)


def _identity(name: str, taken: set[str]) -> str:
    """Return an id of letters, digits and hyphens that no other claim has."""
    base = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "check"
    found = base
    count = 1
    while found in taken:
        count += 1
        found = f"{base}-{count}"
    taken.add(found)
    return found


def _toml(text: str) -> str:
    """Return a text as TOML, without escapes where it can be: a predicate is read as it stands."""
    if "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)
