"""A Vensim model whose names are settled, as those who write it in a language take it.

`translate.py` makes one of a file; the terms and the printers of both languages look names up in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from realities.model import syntax
from realities.model.arrays import Space
from realities.model.resolve import Resolver
from realities.model.symbols import Table
from realities.model.tables.data import Series


@dataclass(frozen=True, slots=True)
class Opened:
    """A Vensim model whose names are settled.

    Attributes
    ----------
    file
        The tree, what stands in table files read into it.
    resolver
        Its dimensions, symbols and macros.
    series
        Values of data variables, by the key of their full name.
    """

    file: syntax.ModelFile
    resolver: Resolver
    series: Mapping[str, Series]

    @property
    def space(self) -> Space:
        """The dimensions and elements."""
        return self.resolver.space

    @property
    def table(self) -> Table:
        """What each name stands for."""
        return self.resolver.table
