"""The verdict on the accounts in words, for JSON, page and terminal alike.

In come names of accounts, listed as text; out comes a clause whose subject is "the reports".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: What a verdict rests on where model errors of another size could not be tried for whom it names.
STATED_ERRORS: Final = "with model errors as stated alone: half or twice as large could not be computed."


def listed(items: Sequence[str]) -> str:
    """Return items as people list them.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return "".join(items) if len(items) < 2 else ", ".join(items[:-1]) + " and " + items[-1]


def verdict(
    together: Sequence[str],
    against: str,
    not_established: str,
    *,
    several: bool = False,
    everyone: bool = False,
    one: bool = False,
) -> str:
    """Return what reports say of accounts.

    Parameters
    ----------
    together
        The leading account and those not separated from it: their names, or one name for all of them.
    against, not_established
        The other accounts, listed; empty if there are none.
    several
        Whether `together` names more than one account.
    everyone
        Whether `together` are all accounts.
    one
        Whether there is but one report.

    Examples
    --------
    >>> verdict(["the miller", "the baker"], "the ferryman", "")
    'do not separate the miller and the baker; they speak against the ferryman'
    """
    do, they, speak = ("does", "it", "speaks") if one else ("do", "they", "speak")
    if everyone:
        return f"{do} not separate the accounts"
    alone = len(together) == 1 and not several
    if alone and not against:
        return f"{do} not settle which account {they} {'favours' if one else 'favour'}"
    if alone:
        text = f"{speak} for {together[0]} and against {against}"
    else:
        text = f"{do} not separate {listed(together)}"
        text += f"; {they} {speak} against {against}" if against else ""
    return text + (f"; for {not_established} that is not established" if not_established else "")
