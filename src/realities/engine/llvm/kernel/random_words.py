"""The words behind random numbers, in LLVM: the same bits as `reference/random.py`.

In come a seed, a stream, a step and a draw as doubles; out goes a word for each call and step, and from it
and the draw a number in (0, 1). `operations.py` calls these for the instructions `key` and `uniform`.
"""

from __future__ import annotations

from realities.engine.llvm.writer import Value, Writer

_GOLDEN = 0x9E3779B97F4A7C15
#: The bits of 2^52: beside them, the low 52 bits of a double count whole numbers.
_COUNTING = 0x4330000000000000


def key(w: Writer, seed: Value, stream: Value, step: Value, *, site: int) -> Value:
    """Return the word of a random stream at a step; `site` is the number of the call in its model."""
    words = scramble(w, whole(w, seed))
    # Of the many bit patterns of NaN it is one, as in the reference engine.
    stream = w.select(w.compare("uno", stream, stream), w.number(float("nan")), stream)
    for part in (_word(w, site), w.bits(stream), whole(w, step)):
        words = scramble(w, w.on_words("xor", words, part))
    return words


def counted(w: Writer, draw: Value) -> Value:
    """Return the word that stands for a draw: what the key is moved on by."""
    next_one = w.on_words("add", whole(w, draw), w.integer(1))
    return w.on_words("mul", next_one, _word(w, _GOLDEN))


def uniform(w: Writer, key: Value, draw: Value) -> Value:
    """Return a number in (0, 1) for a word of a stream and the word of a draw."""
    words = scramble(w, w.on_words("add", key, draw))
    above = w.on_words("or", w.on_words("lshr", words, w.integer(12)), w.integer(_COUNTING))
    count = w.sub(w.from_bits(above), w.number(2.0**52))
    return w.mul(w.add(count, w.number(0.5)), w.number(2.0**-52))


def scramble(w: Writer, words: Value) -> Value:
    """Return the words hashed: the mixing function of SplitMix64 (Steele, Lea and Flood 2014)."""
    words = w.on_words("add", words, _word(w, _GOLDEN))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        words = w.on_words("xor", words, w.on_words("lshr", words, w.integer(shift)))
        words = w.on_words("mul", words, _word(w, factor))
    return w.on_words("xor", words, w.on_words("lshr", words, w.integer(31)))


def whole(w: Writer, number: Value) -> Value:
    """Return a whole number from 0 to 2^53 as a word."""
    return w.op(f"fptoui {w.real} {number} to {w.word}")


def _word(w: Writer, value: int) -> Value:
    return w.integer(value - 2**64 if value >= 2**63 else value)
