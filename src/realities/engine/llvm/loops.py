"""Loops within compiled functions: the same operations again and again on values that change.

In come a `Writer`, first values and a function that writes one round; out come the values after the last.
`tables_points.py` goes through points with them, `allocation.py` halves the range of a price.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from realities.engine.llvm.writer import Value, Writer

#: Writes one round: in come its number (an i64) and the values, out go those of the next round.
Round = Callable[[Value, list[Value]], Sequence[Value]]


def repeated(w: Writer, n_rounds: int, start: Sequence[Value], write: Round) -> list[Value]:
    """Return what so many rounds, at least one, make of reals."""
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
    more = w.op(f"icmp ult i64 {following}, {n_rounds}")
    w.do(f"br i1 {more}, label %round{number}, label %done{number}")
    w.label(f"done{number}")
    return changed
