"""A script -> the fewest bytes that a page can unpack: contexts are mixed and drive a range coder.

In comes text in ASCII, out come bytes; `template/loader/mixed.js` turns them back, with the same names and
the same arithmetic, step by step. Of each letter seven bits are told, the highest first. Each of eight
contexts, such as what stood before the bracket that is open, keeps for every bit how often it was 1; chances
become logits, a weighted sum of these is the logit of the next bit, and weights move towards what would have
been right (M. Mahoney, "Adaptive weighing of context models for lossless data compression", 2005). Whole
numbers and + - * / of doubles, in one order, give the same here and in every browser. It takes some 60
microseconds a letter, so `bundle.py` keeps what it gave.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from math import floor
from typing import Final

_BITS: Final = 7
_N: Final = 8  # contexts
#: What a context tells of a bit, from -32768 to 32767, moves by 1 / (this + how often it was met).
_FIRST: Final = 1.3
_OFTEN: Final = 14  # times after which a context forgets as fast as it learns
#: How fast weights learn, and what each of the two that are added begins with.
_LEARN: Final = 0.006
_WEIGHT: Final = 0.15
_SETS: Final = 3  # of weights of a context, by how often it was met: never, once, more
_PLACES: Final = 23  # bits of a place among those that all contexts share
_STEPS: Final = 4096
_WHOLE: Final = 2**32
_LOW: Final = 2**24
_NAME: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$")
_DIGITS: Final = frozenset(b"0123456789")


def mixed(content: bytes) -> bytes:
    """Return content, all of it below 128, packed: four bytes of length, then the range coder's.

    Raises
    ------
    ValueError
        If a byte is 128 or above.
    """
    if not content.isascii():
        raise ValueError("only ASCII can be packed by mixing")
    contexts, odds, coder = _Contexts(), _Odds(), _Coder()
    for letter in content:
        places, after, node = contexts.places(), contexts.last & 127, 1
        for shift in reversed(range(_BITS)):
            bit = letter >> shift & 1
            coder.add(bit, odds.chance([place ^ node for place in places], node, after))
            odds.learn(bit)
            node = 2 * node + bit
        contexts.add(letter)
    return len(content).to_bytes(4, "big") + coder.ended()


def _mix(a: int, b: int) -> int:
    """Return two numbers as one of 32 bits."""
    a = ((a ^ b) * 0x2C1B3C6D) % _WHOLE
    return a ^ (a >> 15)


@dataclass(slots=True)
class _Contexts:
    """What stands before a letter.

    `last` are the four letters before, `word` the name or number so far, `before` the word before it and what
    followed that, `kinds` the last four signs, names (1) and numbers (2), `open` the bracket around all this,
    `head` what stood before that bracket, `outer` the same for those around it.
    """

    last: int = 0
    word: int = 0
    before: int = 0
    kinds: int = 0
    open: int = 0
    head: int = 0
    outer: list[tuple[int, int]] = field(default_factory=list)

    def places(self) -> list[int]:
        """Return where each context's bits are kept; a bit's own place is that with its node over it."""
        two = _mix(_mix(self.kinds & 65535, 3), self.word)
        found = (
            _mix(_mix(self.kinds, 1), self.open),
            _mix(self.last & 0xFFFFFF, 2),
            _mix(two, self.head),
            _mix(self.word, 4),
            _mix(_mix(self.last & 255, 5), self.open),
            two,
            _mix(self.last, 6),
            _mix(self.head, 7),
        )
        return [context >> (32 - _PLACES) for context in found]

    def add(self, letter: int) -> None:
        """Take in a letter."""
        self.last = (self.last << 8 | letter) % _WHOLE
        kind = 1 if letter in _NAME else 2 if letter in _DIGITS else letter
        if kind > 2 or self.kinds & 255 != kind:
            self.kinds = (self.kinds << 8 | kind) % _WHOLE
        if kind < 3:
            self.word = _mix(self.word, letter)
        else:
            self.before, self.word = _mix(self.word or self.before, letter), 0
        if letter in b"([{":
            self.outer.append((self.open, self.head))
            self.open, self.head = letter, self.before
        elif letter in b")]}":
            self.open, self.head = self.outer.pop() if self.outer else (0, 0)


class _Odds:
    """How likely each next bit is, learned from those before."""

    def __init__(self) -> None:
        self._chances, self._logits = _tables()
        self._kept: dict[int, tuple[int, int]] = {}  # by place: chance, and how often it was met
        self._weights = [_WEIGHT] * (2 * 2**_BITS * _N * _SETS)
        self._told: list[tuple[int, float, int, int]] = []
        self._chance = 0.5

    def chance(self, places: list[int], node: int, after: int) -> float:
        """Return the chance that the bit at these places, one for each context, is 1.

        A context's logit has two weights, which are added: one for the bits of the letter so far (`node`),
        one for the letter before (`after`).
        """
        total, told, weights, first = 0.0, [], self._weights, _SETS * _N * node
        second = _SETS * _N * (2**_BITS + after)
        for i, place in enumerate(places):
            odds, met = self._kept.get(place, (0, 0))
            logit, kind = self._logits[(odds >> 4) + 2048], _SETS * i + min(met, _SETS - 1)
            total += (weights[first + kind] + weights[second + kind]) * logit
            told.append((place, logit, first + kind, second + kind))
        self._told = told
        self._chance = self._chances[max(0, min(_STEPS - 1, floor(total * 256) + 2048))]
        return self._chance

    def learn(self, bit: int) -> None:
        """Take in what the bit was."""
        goal = 32767 if bit else -32768
        for place, logit, first, second in self._told:
            more = (bit - self._chance) * _LEARN * logit
            self._weights[first] += more
            self._weights[second] += more
            # Two contexts may share a place by chance: the second goes on from what the first has left there.
            odds, met = self._kept.get(place, (0, 0))
            self._kept[place] = (int(odds + (goal - odds) / (met + _FIRST)), min(met + 1, _OFTEN))


@cache
def _tables() -> tuple[list[float], list[float]]:
    """Return chances by logit from -8 to 8, and logits by chance from 0 to 1, 4096 of each.

    A logit counts 256 times ln(1 + 1/256) as 1, which it nearly is: powers of 1 + 1/256 need no logarithm,
    which browsers may round in ways of their own.
    """
    chances: list[float] = []
    logits: list[float] = []
    against = 3000.0
    for i in range(_STEPS):
        chances.append(1 / (1 + against))
        against /= 1.00390625
        while len(logits) < _STEPS * chances[i]:
            logits.append(i / 256 - 8)
    return chances, logits + [8.0] * (_STEPS - len(logits))


class _Coder:
    """A range coder: an interval of 32 bits that each bit narrows, and the bytes that are settled."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._low, self._range = 0, _WHOLE - 1

    def add(self, bit: int, chance: float) -> None:
        """Add a bit that is 1 with this chance."""
        bound = floor(self._range * chance)
        self._low += 0 if bit else bound
        self._range = bound if bit else self._range - bound
        while self._range < _LOW:
            self._range *= 256
            self._settle()

    def ended(self) -> bytes:
        """Return all bytes, those of the interval's lower end included."""
        for _ in range(4):
            self._settle()
        return bytes(self._bytes)

    def _settle(self) -> None:
        """Move the highest byte of the interval out, with what it carries over into those before."""
        carried, self._low = divmod(self._low, _WHOLE)
        at = len(self._bytes)
        while carried:
            at -= 1
            carried = self._bytes[at] == 255
            self._bytes[at] = (self._bytes[at] + 1) % 256
        self._bytes.append(self._low >> 24)
        self._low = self._low % _LOW * 256
