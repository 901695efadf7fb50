"""Loops within compiled functions: the same operations again and again on values that change.

In come a `Writer`, first values and a function that writes one round; out come the values after the last.
`tables/points.py` goes through points with them, `arrays/allocation.py` halves the range of a price.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from realities.engine.llvm.writer import Value, Writer

#: Writes one round: in come its number (an i64) and the values, out go those of the next round.
Round = Callable[[Value, list[Value]], Sequence[Value]]


def repeated(w: Writer, n_rounds: int, start: Sequence[Value], write: Round) -> list[Value]:
    """Return what so many rounds, at least one, make of reals."""
    return _looped(w, n_rounds, start, write, lambda _, more, *__: more)


def until_still(w: Writer, n_rounds: int, start: Sequence[Value], write: Round) -> list[Value]:
    """Return the same where a round depends on its values alone: it may end when one changes nothing."""
    return _looped(w, n_rounds, start, write, _more_if_changed)


def _looped(
    w: Writer,
    n_rounds: int,
    start: Sequence[Value],
    write: Round,
    whether: Callable[[Writer, Value, list[Value], list[Value]], Value],
) -> list[Value]:
    k, kept = w.name(), [w.name() for _ in start]
    number, before = k[2:], w.block
    w.do(f"br label %round{number}")
    w.label(f"round{number}")
    here = len(w.lines)
    changed = list(write(k, kept))
    following, again = w.op(f"add i64 {k}, 1"), w.block
    # What a round starts from is written last: only now are the names of its end known.
    w.lines[here:here] = [
        f"  {k} = phi i64 [ 0, %{before} ], [ {following}, %{again} ]",
        *(
            f"  {name} = phi {w.real} [ {first}, %{before} ], [ {later}, %{again} ]"
            for name, first, later in zip(kept, start, changed, strict=True)
        ),
    ]
    more = whether(w, w.op(f"icmp ult i64 {following}, {n_rounds}"), kept, changed)
    w.do(f"br i1 {more}, label %round{number}, label %done{number}")
    w.label(f"done{number}")
    return changed


def _more_if_changed(w: Writer, more: Value, before: list[Value], after: list[Value]) -> Value:
    """Return whether there is another round: bits of some value changed in some lane."""
    n, any_changed = w.target.lanes, "false"
    for one, other in zip(before, after, strict=True):
        differs = w.op(f"icmp ne {w.word} {w.bits(one)}, {w.bits(other)}")
        packed = w.op(f"icmp ne i{n} {w.op(f'bitcast {w.truth} {differs} to i{n}')}, 0")
        any_changed = w.op(f"or i1 {any_changed}, {packed}")
    return w.op(f"and i1 {more}, {any_changed}")
