"""An account's draws as xarray and ArviZ have them.

In come a case and a weighing; out comes one tree of datasets for each account, with ArviZ's names. ArviZ
itself is asked for only in `to_arviz`: before its version 1 it has a class of its own, `InferenceData`,
from then on it takes xarray's `DataTree` as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from realities.case.folder import Case
from realities.errors import RealitiesError
from realities.weigh.fits import Weighing
from realities.weigh.handover.groups import Column, Group, account_groups

if TYPE_CHECKING:
    import xarray


def to_xarray(case: Case, weighing: Weighing) -> xarray.DataTree:
    """Return a weighing as a tree: one node for each account, one under it for each group.

    Parameters
    ----------
    case
        The case that was weighed.
    weighing
        As of one date, under the accounts' own priors.

    Returns
    -------
    The tree; `tree["account/posterior"]` is a dataset with dimensions (chain, draw), where a chain is an
    independent run of the sampler. Its attributes hold weights, and those of an account its log evidence.

    Examples
    --------
    >>> tree = to_xarray(case, weigh_accounts(case))  # doctest: +SKIP
    >>> tree["author/posterior"].dataset.mean()  # doctest: +SKIP
    """
    import xarray

    nodes: dict[str, xarray.Dataset] = {"/": xarray.Dataset(attrs=_about(case, weighing))}
    for account, fit in weighing.fits.items():
        groups = account_groups(case, fit)
        attributes = {**groups["posterior"].attributes, "weight": weighing.weights[account]}
        nodes[f"/{account}"] = xarray.Dataset(attrs=attributes)
        nodes |= {f"/{account}/{name}": _dataset(group) for name, group in groups.items()}
    return xarray.DataTree.from_dict(nodes)


def to_arviz(case: Case, weighing: Weighing) -> dict[str, Any]:
    """Return each account's groups as ArviZ takes them, by account id.

    `arviz.InferenceData` where ArviZ has it (before version 1, so on Python 3.11), else `xarray.DataTree`.

    Raises
    ------
    RealitiesError
        If ArviZ is not installed.
    """
    try:
        arviz = import_module("arviz")
    except ModuleNotFoundError:
        raise RealitiesError(
            'ArviZ is not installed: pip install "realities[notebook]", or pip install arviz; '
            "to_xarray has the same groups without it"
        ) from None
    tree = to_xarray(case, weighing)
    found: dict[str, Any] = {}
    for account, node in tree.children.items():
        groups = {name: group.to_dataset() for name, group in node.children.items()}
        if hasattr(arviz, "InferenceData"):
            found[account] = arviz.InferenceData(attrs=dict(node.attrs), **groups)
        else:
            found[account] = _subtree(node.attrs, groups)
    return found


def _subtree(attributes: Mapping[Any, Any], groups: Mapping[str, xarray.Dataset]) -> xarray.DataTree:
    import xarray

    return xarray.DataTree.from_dict({"/": xarray.Dataset(attrs=attributes), **groups})


def _about(case: Case, weighing: Weighing) -> dict[str, str | int]:
    return {
        "case": case.id,
        "title": case.title,
        "as_of": weighing.as_of.isoformat(),
        "seed": weighing.seed,
        "reliable": int(weighing.reliable),
    }


def _dataset(group: Group) -> xarray.Dataset:
    import xarray

    def variables(columns: Mapping[str, Column]) -> dict[str, Any]:
        return {n: (c.dims, c.values, dict(c.attributes)) for n, c in columns.items()}

    return xarray.Dataset(
        variables(group.variables), coords=variables(group.coordinates), attrs=dict(group.attributes)
    )
