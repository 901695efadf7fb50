"""From one language to the other: `ModelFile` in, `ModelFile` out.

In comes a tree as its reader leaves it; its names are settled as for a run, tables are read from the files it
names, and `to_xmile.py` or `to_vensim.py` says it in the other language. What cannot be said is an error at
its place, all of them together; what is lost for the eye only is one warning. `vensim.py` and `xmile.py`
print what comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from realities.errors import Findings
from realities.ir.model import Dialect
from realities.model import syntax
from realities.model.arrays import build_space, name_key
from realities.model.define import define_all
from realities.model.languages import LANGUAGES
from realities.model.macros import macro_table, with_outputs
from realities.model.resolve import Resolver
from realities.model.symbols import build_table
from realities.model.tables.data import read_data, split_data
from realities.model.tables.external import Shelf, read_dimensions, read_equations
from realities.model.tables.library import open_library
from realities.model.write.opened import Opened
from realities.model.write.to_vensim import to_vensim, without_marks
from realities.model.write.to_xmile import to_xmile
from realities.source import Span


def translate(
    file: syntax.ModelFile, target: Dialect, findings: Findings, data: Sequence[Path | str] = ()
) -> syntax.ModelFile:
    """Return a model in the other language; a model that is in it already comes back as it is.

    Parameters
    ----------
    file
        A model as read.
    target
        The language wanted.
    findings
        Takes what cannot be said there, and what is lost or changed.
    data
        Files with the values of data variables, as for a run.

    Raises
    ------
    InputError
        If the model contradicts itself, so that it means nothing in any language.
    """
    if file.dialect == target:
        return file
    _tell_losses(file, findings)
    refused = Findings()
    if target == "vensim":
        file = without_marks(file, refused)
        if file.integrator == "rk45":
            message = "RK45 has no counterpart in Vensim: its automatic steps are others"
            refused.error("no-counterpart", message, Span(file.source, 0, 0), "choose RK4 in the model")
    opened = open_file(file, findings, data)
    controls = {name_key(name) for name in LANGUAGES[file.dialect].controls.names()}
    if not opened.table.symbols.keys() - controls:
        findings.error(
            "empty-model", "this model holds nothing but the time it runs", Span(file.source, 0, 0)
        )
    findings.check()
    findings.extend(refused.items)
    return to_xmile(opened, findings) if target == "xmile" else to_vensim(opened, findings)


def open_file(file: syntax.ModelFile, findings: Findings, data: Sequence[Path | str] = ()) -> Opened:
    """Return a model with its names settled and its tables read."""
    language = LANGUAGES[file.dialect]
    paths, tags = split_data(data)
    series = read_data(paths, findings)
    shelf = Shelf(open_library(file.source, tags), findings, series.keys(), False)
    file = replace(file, dimensions=read_dimensions(file.dimensions, shelf))
    space = build_space(file.dimensions, findings)
    file = replace(file, equations=read_equations(file.equations, space, shelf))
    table = build_table(
        file.source, with_outputs(file), space, findings, language.controls, language.constants
    )
    macros = macro_table(file.macros, findings)
    if any(one.is_data and one.right is not None and not one.tables for one in file.equations):
        worked_out = Resolver(space, table, macros, Findings(), language)
        define_all(worked_out, series, [])
        series = {**{name_key(name): found for name, found in worked_out.series.items()}, **series}
    return Opened(file, Resolver(space, table, macros, findings, language), series)


def _tell_losses(file: syntax.ModelFile, findings: Findings) -> None:
    """Note once what the other language has no place for and a run does not need."""
    n_steps = sum(one.limits.count(",") > 1 for one in file.equations)
    lost = [
        ("the drawing", bool(file.display)),
        (_count(len(file.reality_checks), "Reality Check"), bool(file.reality_checks)),
        ("the comments of groups", any(name.lower() != "control" for name, _ in file.group_notes)),
        (
            'the mark "==" of constants that may not be changed',
            any(one.is_unchangeable for one in file.equations),
        ),
        (f"the step of {_count(n_steps, 'slider')}", bool(n_steps)),
        ("the mark :SUPPLEMENTARY", any(one.is_supplementary for one in file.equations)),
    ]
    names = [name for name, is_there in lost if is_there]
    if names:
        listed = ", ".join(names[:-1]) + " and " * (len(names) > 1) + names[-1]
        place = Span(file.source, 0, 0)
        findings.warning(
            "left-out", f"left out, since the other language has no place for it: {listed}", place
        )


def _count(n: int, word: str) -> str:
    return f"{n} {word}" + "s" * (n != 1)
