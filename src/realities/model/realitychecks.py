"""Vensim's Reality Checks, as predicates: a test, a condition, and what has to follow from them.

In come the Reality Checks of a file; out comes each as a case would write it, a predicate over the model's
variables, or the reason why no predicate can say it. Where Vensim puts an equation of its own in place of a
variable's, a predicate holds the variable: `always(output = 0 | do("workers" = 0))`. A condition that sets
nothing is only looked at: `always(workers < 1 implies output < 1)`. `load.py` has the names in them checked;
`reality/` runs them; `write/claims.py` writes them as claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import assert_never

from realities.errors import Findings
from realities.model import syntax
from realities.model.arrays import Space, build_space, name_key
from realities.model.rclines import RC_FUNCTIONS, Line, RcError, check_known, line_of
from realities.model.symbols import Table
from realities.model.vensim.terms import WHEN, read_statement
from realities.source import Span

#: A check over more combinations of elements, or of alternatives, than this is not spelled out.
MOST_COMBINATIONS = 200
#: Words that a predicate reads as its own.
_WORDS = re.compile(r"\b(?:and|or|not|implies|iff|until|always|eventually|historically|once|at)\b", re.I)
_PLAIN = re.compile(r"[^\W\d][\w ]*")


class _UnsaidError(Exception):
    """A predicate cannot say this; the message says why."""


@dataclass(frozen=True, slots=True)
class _Scenario:
    """What a condition sets, by full name, to numbers or to other equations, and what else has to be so."""

    held: Mapping[str, float]
    premises: tuple[str, ...]
    equations: Mapping[str, str] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One conclusion of a check: what is set, what else has to be so, and what follows, always or once.

    `held` names variables as a predicate reads them; `premise` is empty where there is none. `equations` are
    what takes the place of other variables' own, where a name means the variable as it was; no predicate says
    so, and `why` tells it.
    """

    held: Mapping[str, float]
    premise: str
    conclusion: str
    is_once: bool
    equations: Mapping[str, str] = field(default_factory=dict)
    why: str = ""

    @property
    def predicate(self) -> str:
        """The predicate that says it, but for `equations`."""
        said = self.conclusion
        if self.premise:
            said = f"{self.premise} {'and' if self.is_once else 'implies'} {said}"
        held = ", ".join(f"{name} = {value:.12g}" for name, value in self.held.items())
        return f"{'eventually' if self.is_once else 'always'}({said}{f' | do({held})' if held else ''})"


@dataclass(frozen=True, slots=True)
class Said:
    """A check for one combination of elements: the parts that have to hold, or why they cannot be said."""

    check: syntax.RealityCheck
    elements: tuple[str, ...]
    parts: tuple[Part, ...] = ()
    reason: str = ""

    @property
    def name(self) -> str:
        """The name of the check, with its elements."""
        return f"{self.check.name} ({', '.join(self.elements)})" if self.elements else self.check.name

    @property
    def undecidable(self) -> str:
        """Why no predicate says it whole, empty where one does."""
        return self.reason or next((part.why for part in self.parts if part.why), "")

    @property
    def predicate(self) -> str:
        """The predicate that says it whole."""
        return " and ".join(part.predicate for part in self.parts)


def said_by(file: syntax.ModelFile) -> tuple[Said, ...]:
    """Return the Reality Checks of a file in its order, one for each combination of their elements."""
    writer = _Writer(file)
    checks = [check for check in file.reality_checks if not check.is_test_input]
    return tuple(said for check in checks for said in writer.said(check))


def check_realities(file: syntax.ModelFile, table: Table, space: Space, findings: Findings) -> None:
    """Note what is wrong with the names in a file's Reality Checks, as warnings: no run needs them."""
    known = {"time", *(name_key(check.name) for check in file.reality_checks)}
    found = Findings()
    for check in file.reality_checks:
        for side in (check.condition_span, check.consequence_span):
            term = read_statement(side, found) if side.text.strip() else None
            for name in _names(term):
                key = name_key(name.name)
                if not any(key in names for names in (known, table.symbols, space.axes, space.spelling)):
                    table.unknown(name.name, name.span, found)
                for subscript in name.subscripts:
                    inside = name_key(subscript.name)
                    if inside not in space.axes and inside not in space.spelling:
                        space.unknown(subscript, found)
    for item in found.errors:
        findings.warning(item.code, item.message, item.span, *item.help)


def _names(term: syntax.Term | None) -> Iterator[syntax.Name]:
    """Yield the names in a term, those of functions left out."""
    if term is not None:
        yield from (part for part in syntax.terms(term) if isinstance(part, syntax.Name))


class _Writer:
    """Writes the checks of one file; knows its names and elements."""

    def __init__(self, file: syntax.ModelFile) -> None:
        self.space = build_space(file.dimensions, Findings())
        self.inputs = {name_key(check.name): check for check in file.reality_checks if check.is_test_input}
        self.names = {name_key(one.left.name): one.left.name for one in file.equations}
        self.n_subscripts = {name_key(one.left.name): len(one.left.subscripts) for one in file.equations}

    def said(self, check: syntax.RealityCheck) -> Iterator[Said]:
        """Yield a check for each combination of its elements."""
        axes = [name_key(one.name) for one in check.subscripts]
        choices = [self.space.axes[key].elements if key in self.space.axes else (key,) for key in axes]
        combinations = list(product(*choices))
        if len(combinations) > MOST_COMBINATIONS:
            reason = f"it stands for {len(combinations):,} combinations of elements: too many to spell out"
            yield Said(check, (), reason=reason)
            return
        for elements in combinations:
            binding = dict(zip(axes, elements, strict=True))
            shown = tuple(self.space.spelling.get(element, element) for element in elements)
            try:
                yield Said(check, shown, self.parts(check, binding))
            except _UnsaidError as reason:
                yield Said(check, shown, reason=str(reason))

    def parts(self, check: syntax.RealityCheck, binding: Mapping[str, str]) -> tuple[Part, ...]:
        """Return what all has to hold for a check to hold."""
        consequence = self.term(check.consequence_span)
        if check.condition_span.text.strip():
            scenarios = self.scenarios(self.term(check.condition_span), binding)
        else:
            scenarios = [_Scenario({}, ())]
        return tuple(
            self.part(scenario, conclusion, binding)
            for scenario in scenarios
            for conclusion in _conjuncts(consequence)
        )

    def part(self, scenario: _Scenario, conclusion: syntax.Term, binding: Mapping[str, str]) -> Part:
        """Return one conclusion, with what is held."""
        words = _words(conclusion)
        if "crossing" in words:
            raise _UnsaidError("two lines that have to cross (:CROSSING:) are nothing a predicate can say")
        is_once = "at least once" in words
        if is_once and not (isinstance(conclusion, syntax.Infix) and conclusion.op in _TURNED):
            raise _UnsaidError(":AT LEAST ONCE: stands in a part of the consequence, not behind all of it")
        premises = scenario.premises
        line = self.compared(conclusion, binding)
        if line is None:
            said = self.statement(conclusion, binding)
        else:
            said, since = line
            premises = (*premises, since)
        premise = " and ".join(premises)
        return Part(scenario.held, premise, said, is_once, scenario.equations, scenario.why)

    def compared(self, term: syntax.Term, binding: Mapping[str, str]) -> tuple[str, str] | None:
        """Return a comparison with a RC CHECK function, and when it is made; None where there is no such."""
        if not isinstance(term, syntax.Infix) or term.op not in _TURNED:
            return None
        for side, other in ((term.left, term.right), (term.right, term.left)):
            if isinstance(side, syntax.Apply) and _is_rc(side):
                op = term.op if side is term.right else _TURNED[term.op]
                line = self.line(side, binding)
                return f"{self.text(other, binding)} {op} {line.text}", line.premise
        return None

    def line(self, call: syntax.Apply, binding: Mapping[str, str]) -> Line:
        """Return the line that a RC function draws."""
        key = name_key(call.function.name)
        own = self.names.get("rc start time", "INITIAL TIME + TIME STEP")
        try:
            check_known(key)
            return line_of(key, [self.text(argument, binding, 3) for argument in call.arguments], own)
        except RcError as problem:
            raise _UnsaidError(str(problem)) from None

    def term(self, span: Span) -> syntax.Term:
        found = Findings()
        term = read_statement(span, found)
        if term is None:
            raise _UnsaidError(f"it cannot be read: {found.errors[0].message}")
        return term

    # -- conditions -------------------------------------------------------------------------------

    def scenarios(self, term: syntax.Term, binding: Mapping[str, str]) -> list[_Scenario]:
        """Return the ways in which a condition can be so; each has to imply the consequence."""
        match term:
            case syntax.Infix("or", left, right):
                return [*self.scenarios(left, binding), *self.scenarios(right, binding)]
            case syntax.Infix("and", left, right):
                pairs = product(self.scenarios(left, binding), self.scenarios(right, binding))
                found = [self.both(first, second) for first, second in pairs]
                if len(found) > MOST_COMBINATIONS:
                    raise _UnsaidError("its condition has too many alternatives")
                return found
            case syntax.Infix("=", syntax.Name() as name, value) if self.is_variable(name):
                return [self.setting(name, value, binding)]
            case syntax.Name() if name_key(term.name) in self.inputs:
                return [self.test_input(term, binding)]
            case _:
                return [_Scenario({}, (self.statement(term, binding),))]

    def both(self, first: _Scenario, second: _Scenario) -> _Scenario:
        """Return two scenarios in one."""
        before, after = ({**one.held, **one.equations} for one in (first, second))
        twice = [name for name in before if after.get(name, before[name]) != before[name]]
        if twice:
            raise _UnsaidError(f"its condition sets {twice[0]} to two values at once")
        return _Scenario(
            {**first.held, **second.held},
            (*first.premises, *second.premises),
            {**first.equations, **second.equations},
            first.why or second.why,
        )

    def test_input(self, call: syntax.Name, binding: Mapping[str, str]) -> _Scenario:
        """Return what a test input sets, for the elements it is named with."""
        check = self.inputs[name_key(call.name)]
        if len(call.subscripts) != len(check.subscripts):
            raise _UnsaidError(f'the test input "{check.name}" is named with other subscripts than it has')
        inside = {
            name_key(own.name): self.element(given, binding)
            for own, given in zip(check.subscripts, call.subscripts, strict=True)
        }
        match self.term(check.consequence_span):
            case syntax.Infix("=", syntax.Name() as name, value) if self.is_variable(name):
                return self.setting(name, value, inside)
            case _:
                raise _UnsaidError(f'the test input "{check.name}" is not of the form "variable = value"')

    def setting(self, name: syntax.Name, value: syntax.Term, binding: Mapping[str, str]) -> _Scenario:
        """Return the scenario in which one variable is held at a number, or has another equation."""
        variable, number = self.name(name, binding), _number(value)
        if number is not None:
            return _Scenario({variable: number}, ())
        if isinstance(value, syntax.Apply) and _is_rc(value):
            function = name_key(value.function.name).upper()
            equation = self.line(value, binding).instead_of(variable)
            why = f'{function} changes "{name.name}" part-way through a run'
        else:
            equation = self.text(value, binding)
            why = f'it sets "{name.name}" to an expression'
        return _Scenario({}, (), {variable: equation}, f"{why}; a predicate holds a variable at one number")

    def is_variable(self, name: syntax.Name) -> bool:
        return name_key(name.name) in self.names

    # -- statements -------------------------------------------------------------------------------

    def statement(self, term: syntax.Term, binding: Mapping[str, str]) -> str:
        """Return a term as a predicate writes it."""
        match term:
            case syntax.Infix("and" | "or", left, right):
                return f"({self.statement(left, binding)} {term.op} {self.statement(right, binding)})"
            case syntax.Prefix("not", operand):
                return f"not ({self.statement(operand, binding)})"
            case syntax.Infix("=" | "<>" | "<" | "<=" | ">" | ">=" as op, left, right):
                return f"{self.text(left, binding)} {op} {self.text(right, binding)}"
            case syntax.Name() if name_key(term.name) in self.inputs:
                raise _UnsaidError(f'the test input "{term.name}" stands where only a condition can')
            case _:
                return f"{self.text(term, binding)} <> 0"

    def text(self, term: syntax.Term, binding: Mapping[str, str], inside: int = 0) -> str:
        """Return arithmetic in the model's language, each dimension replaced by the element it stands for."""
        match term:
            case syntax.Numeral(value):
                return f"{value:.15g}"
            case syntax.Name():
                return self.name(term, binding)
            case syntax.Prefix("not", _) | syntax.Infix("and" | "or", _, _):
                raise _UnsaidError("a statement stands where a number is needed")
            case syntax.Prefix(op, operand):
                return f"{op}{self.text(operand, binding, 3)}"
            case syntax.Infix(op, left, right):
                strength = _STRENGTH.get(op, 0)
                said = f"{self.text(left, binding, strength)} {op} {self.text(right, binding, strength + 1)}"
                return f"({said})" if strength < inside else said
            case syntax.Apply(function, arguments) if not term.outputs:
                if name_key(function.name) in RC_FUNCTIONS:
                    raise _UnsaidError(f"{function.name} has to stand alone on one side of a comparison")
                listed = ", ".join(self.text(argument, binding) for argument in arguments)
                return f"{self.name(function, binding)}({listed})"
            case syntax.Apply() | syntax.Text() | syntax.Points() | syntax.Rows():
                raise _UnsaidError("it holds a text, a lookup or a list of numbers")
            case _:
                assert_never(term)

    def name(self, name: syntax.Name, binding: Mapping[str, str]) -> str:
        """Return a name as a predicate reads it: in quotation marks where it has to be."""
        key = name_key(name.name)
        if len(name.subscripts) != self.n_subscripts.get(key, len(name.subscripts)):
            raise _UnsaidError(f'"{name.name}" is named with other subscripts than it has')
        base = self.names.get(key, name.name)
        said = base if _PLAIN.fullmatch(base) and not _WORDS.search(base) else f'"{base}"'
        if not name.subscripts:
            return said
        elements = [
            f"{one.name}!" if one.is_reduced else self.spelled(self.element(one, binding))
            for one in name.subscripts
        ]
        return f"{said}[{','.join(elements)}]"

    def element(self, subscript: syntax.Subscript, binding: Mapping[str, str]) -> str:
        """Return the key of the element that a subscript stands for."""
        key = name_key(subscript.name)
        if key in binding:
            return binding[key]
        if key in self.space.axes:
            raise _UnsaidError(f'"{subscript.name}" stands for no one element here')
        return key

    def spelled(self, element: str) -> str:
        return self.space.spelling.get(element, element)


_TURNED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}


def _conjuncts(term: syntax.Term) -> Sequence[syntax.Term]:
    """Return the parts of a statement that all have to be so."""
    if isinstance(term, syntax.Infix) and term.op == "and":
        return (*_conjuncts(term.left), *_conjuncts(term.right))
    return (term,)


def _is_rc(term: syntax.Term) -> bool:
    """Return whether a term calls a function that only a Reality Check can hold."""
    return isinstance(term, syntax.Apply) and name_key(term.function.name) in RC_FUNCTIONS


def _words(term: syntax.Term) -> set[str]:
    """Return the words inside the text of a term that say when it has to hold."""
    return {" ".join(found.group().strip(":").lower().split()) for found in WHEN.finditer(term.span.text)}


def _number(term: syntax.Term) -> float | None:
    """Return the value of a term that is a number with or without a sign."""
    match term:
        case syntax.Numeral(value):
            return value
        case syntax.Prefix("-" | "+" as op, operand):
            inner = _number(operand)
            return None if inner is None else -inner if op == "-" else inner
        case _:
            return None
