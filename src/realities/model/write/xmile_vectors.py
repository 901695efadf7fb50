"""Vensim's functions of vectors as XMILE can say them: selecting, picking, sorting.

In comes one call; out comes a term that gives the same. What is selected is written out part by part; an
element that only a run can tell becomes an index between brackets. `to_xmile.py` builds on this.
"""

from __future__ import annotations

from functools import reduce
from itertools import product

from realities.errors import Findings
from realities.ir.builtins import NOT_AVAILABLE
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.write.opened import Opened
from realities.model.write.recast import Place
from realities.model.write.recipes import filled
from realities.model.write.xmile_terms import XmileTerms, marked
from realities.model.xmile.slices import ELEMENT, POSITION

#: The most parts that a selection is written out in; each stands there twice.
_MOST_PARTS = 500
#: By the number of the action: how parts are joined, and what stands for one that is not selected.
_ACTIONS = {0.0: ("+", 0.0), 1.0: ("*", 1.0), 2.0: ("MIN", 1e308), 3.0: ("MAX", -1e308)}
#: The same without weights has a number this much higher.
_UNWEIGHTED = 6.0


class VectorTerms(XmileTerms):
    """Says the functions of vectors too."""

    def __init__(self, opened: Opened, findings: Findings) -> None:
        super().__init__(opened, findings)
        self.special = {
            **self.special,
            "vector elm map": self._elm_map,
            "vector reorder": self._reorder,
            "vector select": self._select,
            "vector sort order": self._sort_order,
        }

    def _select(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return VECTOR SELECT(selection, value, missing, action, error), its parts chosen one by one."""
        if len(call.arguments) != 5:
            return self.refused(call, "with these arguments")
        selection, value, missing, which, errors = call.arguments
        action, error = self.number(which), self.number(errors)
        if error not in (0.0, 1.0, 2.0, 3.0):
            return self.refused(call, "unless its error action is a number from 0 to 3")
        is_weighted = action is not None and action < _UNWEIGHTED
        plain = action if action is None or is_weighted else action - _UNWEIGHTED
        if plain is None or plain not in _ACTIONS:
            return self.refused(call, "unless its action is 0 to 3 or 6 to 9")
        sign, nothing = _ACTIONS[plain]
        what = "IF s <> 0 THEN s * x ELSE nothing" if is_weighted else "IF s <> 0 THEN x ELSE nothing"
        runs = {name_key(one.name) for term in (selection, value) for one in marked(term)}
        axes = [self.space.axes[run].elements for run in sorted(runs) if run in self.space.axes]
        combinations = list(product(*axes)) if axes and len(axes) == len(runs) else []
        if not 0 < len(combinations) <= _MOST_PARTS:
            return self.refused(call, f"over more than {_MOST_PARTS} parts")
        chosen, parts = [], []
        for elements in combinations:
            bound = {f"{run}!": one for run, one in zip(sorted(runs), elements, strict=True)}
            inner = self.within(place, bound)
            given = {"s": self.term(selection, inner), "x": self.term(value, inner)}
            chosen.append(filled("s <> 0", "xmile", given))
            given["nothing"] = syntax.Numeral(nothing)
            parts.append(filled(what, "xmile", given))
        given = {
            "any": reduce(lambda left, right: syntax.Infix("or", left, right), chosen),
            "joined": reduce(lambda left, right: _joined(sign, left, right), parts),
            "missing": self.term(missing, place),
        }
        if error in (1.0, 3.0):
            given["missing"] = filled("NAN", "xmile", {})
        if error in (0.0, 1.0):
            return filled("IF any THEN joined ELSE missing", "xmile", given)
        ones = [filled("IF s THEN 1 ELSE 0", "xmile", {"s": one}) for one in chosen]
        given["count"] = reduce(lambda left, right: syntax.Infix("+", left, right), ones)
        return filled("IF count > 1 THEN NAN ELSE IF any THEN joined ELSE missing", "xmile", given)

    def _elm_map(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return VECTOR ELM MAP(vector, offset): the element so many places after the one named."""
        match call.arguments:
            case (syntax.Name(subscripts=(*_, last)) as vector, offset) if not last.is_reduced:
                start = self._position(last, vector, place)
                if start is not None:
                    given = {"start": start, "offset": self.term(offset, place)}
                    return self._picked(vector, filled("start + offset", "xmile", given), call, place)
        return self.refused(call, "for a vector like this")

    def _reorder(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return VECTOR REORDER(vector, order): the element whose place, from 0, `order` says."""
        match call.arguments:
            case (syntax.Name(subscripts=(_, *_)) as vector, order):
                given = {"order": self.term(order, place)}
                return self._picked(vector, filled("order + 1", "xmile", given), call, place)
        return self.refused(call, "for a vector like this")

    def _sort_order(self, call: syntax.Apply, place: Place) -> syntax.Term:
        """Return VECTOR SORT ORDER(vector, direction): the place, from 0, of the element of a rank."""
        match call.arguments:
            case (syntax.Name(subscripts=(*_, last)) as vector, direction):
                rank = self._position(last, vector, place)
                array = self._array(vector, place)
                upward = self.number(direction)
                if rank is not None and array is not None and upward is not None:
                    sorted_by = array if upward > 0 else syntax.Prefix("-", array)
                    given = {"sorted": sorted_by, "rank": rank}
                    return filled("RANK(sorted, rank) - 1", "xmile", given)
        return self.refused(call, "for a vector like this")

    def _picked(
        self, vector: syntax.Name, index: syntax.Term, call: syntax.Apply, place: Place
    ) -> syntax.Term:
        """Return the element of a vector at an index, from 1; :NA: where there is none."""
        array = self._array(vector, place)
        if array is None:
            return self.refused(call, "for a vector like this")
        if not isinstance(index, syntax.Name | syntax.Numeral):
            index = self.moved(index, place, "index", call)
        count = len(self.space.axes[self.shapes[name_key(vector.name)][-1]].elements)
        whole = filled("INT(index + 0.5)", "xmile", {"index": index})
        element = syntax.Apply(syntax.Name(ELEMENT), (whole, array), (), call.span)
        given = {
            "index": index,
            "count": syntax.Numeral(float(count)),
            "element": element,
            "missing": syntax.Numeral(NOT_AVAILABLE),
        }
        text = "IF index > 0.5 AND index < count + 0.5 THEN element ELSE missing"
        return filled(text, "xmile", given)

    def _array(self, vector: syntax.Name, place: Place) -> syntax.Name | None:
        """Return a vector with its last subscript running over all of its dimension."""
        shape = self.shapes.get(name_key(vector.name), ())
        if len(shape) != len(vector.subscripts) or shape[-1] not in self.space.axes:
            return None
        run = syntax.Subscript(self.space.axes[shape[-1]].name, True, vector.subscripts[-1].span)
        found = self.reference(syntax.Name(vector.name, vector.subscripts[:-1], vector.span), place)
        return syntax.Name(found.name, (*found.subscripts, run), vector.span)

    def _position(self, last: syntax.Subscript, vector: syntax.Name, place: Place) -> syntax.Term | None:
        """Return the number, from 1, of what a vector's last subscript stands for in its dimension."""
        shape = self.shapes.get(name_key(vector.name), ("",))
        axis = self.space.axes.get(shape[-1])
        subscript = self.subscript(last, place)
        key = name_key(subscript.name)
        symbol = self.table.get(vector.name)
        if axis is None or symbol is None:
            return None
        # The family that is walked along is as large as the variable's own dimension.
        first = axis.elements[0]
        family = max((one.elements for one in self.space.axes.values() if first in one.elements), key=len)
        ends = {elements[-1] for elements in symbol.instances if elements}
        if tuple(one for one in family if one in ends) != axis.elements:
            return None
        if key in axis.elements:
            return syntax.Numeral(axis.elements.index(key) + 1.0)
        if key == shape[-1]:
            return syntax.Apply(syntax.Name(POSITION), (syntax.Name(axis.name),))
        return None


def _joined(sign: str, left: syntax.Term, right: syntax.Term) -> syntax.Term:
    match sign:
        case "+" | "*":
            return syntax.Infix(sign, left, right)
        case _:
            return syntax.Apply(syntax.Name(sign), (left, right))
