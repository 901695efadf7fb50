"""A script -> the fewest bytes that a page can unpack: contexts are mixed and drive a range coder.

In comes text in ASCII, out come bytes; `template/loader/mixed.js` turns them back, with the same names and
the same arithmetic, step by step. Of each letter seven bits are told, the highest first. Each of eight
contexts, such as what stood before the bracket that is open, keeps for every bit how often it was 1; each of
four longer ones keeps which letter followed last, and how often in a row. Chances become logits, a weighted
sum of these is the logit of the next bit, and weights move towards what would have been right (M. Mahoney,
"Adaptive weighing of context models for lossless data compression", 2005). Whole numbers and + - * / of
doubles, in one order, give the same here and in every browser. It takes some 100 microseconds a letter, so
`bundle.py` keeps what it gave.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from math import floor
from typing import Final

_BITS: Final = 7
#: What a context tells of a bit, from -32768 to 32767, moves by 1 / (this + how often it was met).
_FIRST: Final = 1.06
_OFTEN: Final = 7  # times after which a context forgets as fast as it learns
#: The logit of a letter that followed n times in a row, at most `_TIMES`: this * (1 + n).
_AGAIN: Final = 1.2
_TIMES: Final = 4
#: How fast weights learn, and what each of the three that are added begins with.
_LEARN: Final = 0.0018
_WEIGHT: Final = 0.047
_N: Final = 12  # logits that are added: those of the contexts, then those of the letters that followed
_PLACES: Final = 23  # bits of a place among those that all contexts share
_LETTERS: Final = 21  # the same for letters that followed
_STEPS: Final = 4096
_WHOLE: Final = 2**32
_LOW: Final = 2**24
_CAPITALS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_NAME: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz_$")
_DIGITS: Final = frozenset(b"0123456789")


def mixed(content: bytes, known: bytes = b"") -> bytes:
    """Return content, all of it below 128, packed: four bytes of length, then the range coder's.

    What unpacks it has `known` already, its own text: from that it learns first, and so does this.

    Raises
    ------
    ValueError
        If a byte is 128 or above.
    """
    if not (known + content).isascii():
        raise ValueError("only ASCII can be packed by mixing")
    contexts, odds, coder = _Contexts(), _Odds(), _Coder()
    for i, letter in enumerate(known + content):
        odds.ask(contexts.places(), contexts.runs(), contexts.last & 127)
        for shift in reversed(range(_BITS)):
            bit, chance = letter >> shift & 1, odds.chance(shift)
            if i >= len(known):
                coder.add(bit, chance)
            odds.learn(bit)
        odds.end(letter)
        contexts.add(letter)
    return len(content).to_bytes(4, "big") + coder.ended()


def _mix(a: int, b: int) -> int:
    """Return two numbers as one of 32 bits."""
    a = ((a ^ b) * 0x2C1B3C6D) % _WHOLE
    return a ^ (a >> 15)


@dataclass(slots=True)
class _Contexts:
    """What stands before a letter.

    `last` are the four letters before, `earlier` the four before those, `word` the name or number so far,
    `before` the word before it and what followed that, `kinds` the last four signs, names in small letters
    (1), numbers (2) and names in capitals (3), which are those that `scopes.py` gives, `open` the bracket
    around all this, `head` what stood before that bracket, `outer` the same for those around it.
    """

    last: int = 0
    earlier: int = 0
    word: int = 0
    before: int = 0
    kinds: int = 0
    open: int = 0
    head: int = 0
    outer: list[tuple[int, int]] = field(default_factory=list)

    def places(self) -> list[int]:
        """Return where each context's bits are kept; a bit's own place is that with its node over it."""
        found = (
            _mix(_mix(self.kinds, 1), self.open),
            _mix(self.last & 0xFFFFFF, 2),
            _mix(_mix(self.kinds & 65535, self.head), 3),
            _mix(self.word, 4),
            _mix(_mix(self.last & 255, 5), self.open),
            _mix(self.last & 65535, 6),
            _mix(self.head, 7),
            _mix(self.kinds & 0xFFFFFF, 8),
        )
        return [context >> (32 - _PLACES) for context in found]

    def runs(self) -> list[int]:
        """Return where each of the longer contexts keeps which letter followed."""
        found = (
            _mix(_mix(_mix(self.kinds & 65535, 9), self.word), self.head),
            _mix(self.last, 10),
            _mix(_mix(self.last, self.earlier), 11),
            _mix(self.word, 12),
        )
        return [context >> (32 - _LETTERS) for context in found]

    def add(self, letter: int) -> None:
        """Take in a letter."""
        self.earlier = (self.earlier << 8 | self.last >> 24) % _WHOLE
        self.last = (self.last << 8 | letter) % _WHOLE
        kind = 3 if letter in _CAPITALS else 1 if letter in _NAME else 2 if letter in _DIGITS else letter
        if kind > 3 or self.kinds & 255 != kind:
            self.kinds = (self.kinds << 8 | kind) % _WHOLE
        if kind < 4:
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
        self._followed: dict[int, tuple[int, int]] = {}  # by place: letter, and how often in a row
        self._weights = [_WEIGHT] * (_N * 2**_BITS * (2 + 2**_BITS))
        self._places: list[int] = []
        self._runs: list[int] = []
        self._after, self._node = 0, 1
        self._told: list[float] = []
        self._rows: tuple[int, int, int] = 0, 0, 0
        self._chance = 0.5

    def ask(self, places: list[int], runs: list[int], after: int) -> None:
        """Begin a letter: places of its contexts, and the letter before."""
        self._places, self._runs, self._after, self._node = places, runs, after, 1

    def chance(self, shift: int) -> float:
        """Return the chance that the next bit is 1, which is the letter's bit at `shift`.

        A context's logit has three weights, which are added: one for the bits of the letter so far (`node`),
        one for the letter before, one for the two together.
        """
        node, weights = self._node, self._weights
        told = [self._logits[(self._kept.get(place ^ node, (0, 0))[0] >> 4) + 2048] for place in self._places]
        for place in self._runs:
            letter, times = self._followed.get(place, (0, 0))
            is_open = times > 0 and (letter | 128) >> (shift + 1) == node
            sure = _AGAIN * (1 + min(times, _TIMES)) if is_open else 0.0
            told.append(sure if letter >> shift & 1 else -sure)
        first, second = _N * node, _N * (128 + self._after)
        third = _N * (256 + 128 * self._after + node)
        total = 0.0
        for i, logit in enumerate(told):
            total += (weights[first + i] + weights[second + i] + weights[third + i]) * logit
        self._told, self._rows = told, (first, second, third)
        self._chance = self._chances[max(0, min(_STEPS - 1, floor(total * 256) + 2048))]
        return self._chance

    def learn(self, bit: int) -> None:
        """Take in what the bit was."""
        goal = 32767 if bit else -32768
        (first, second, third), weights = self._rows, self._weights
        for i, logit in enumerate(self._told):
            more = (bit - self._chance) * _LEARN * logit
            weights[first + i] += more
            weights[second + i] += more
            weights[third + i] += more
        for place in self._places:
            # Two contexts may share a place by chance: the second goes on from what the first has left there.
            odds, met = self._kept.get(place ^ self._node, (0, 0))
            odds = int(odds + (goal - odds) / (met + _FIRST))
            self._kept[place ^ self._node] = odds, min(met + 1, _OFTEN)
        self._node = 2 * self._node + bit

    def end(self, letter: int) -> None:
        """Take in what the letter was."""
        for place in self._runs:
            known, times = self._followed.get(place, (0, 0))
            self._followed[place] = letter, (min(times + 1, _TIMES) if known == letter else 1)


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
