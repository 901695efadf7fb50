"""Results of tasks: plain data there and back, and as good as none when damaged."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realities.ensemble import Crew
from realities.store.fingerprint import fingerprint
from realities.store.kept import Kept, TaskMemory
from realities.store.values import Plain, settled


@dataclass(frozen=True)
class Found:
    name: str
    values: np.ndarray
    when: date
    parts: tuple[int, float, None]
    by_name: dict[str, Any] = field(default_factory=dict)


def found() -> Found:
    values = np.array([[1.0, -0.0], [math.inf, math.nan]])
    return Found(
        "größe", values, date.min, (1, 1.0, None), {"a": np.float64(0.1), "b": [True, "x", -math.inf]}
    )


def test_a_value_comes_back_with_every_bit_and_type() -> None:
    plain = Plain([Found])
    back = plain.from_bytes(plain.to_bytes(found()))
    assert isinstance(back, Found)
    assert back.values.tobytes() == found().values.tobytes()
    assert back.values.flags.writeable
    assert (back.name, back.when, back.parts) == ("größe", date.min, (1, 1.0, None))
    assert [type(part) for part in back.parts] == [int, float, type(None)]
    assert type(back.by_name["a"]) is np.float64
    assert back.by_name["b"] == [True, "x", -math.inf]


def test_what_is_no_plain_data_is_refused_both_ways() -> None:
    with pytest.raises(TypeError, match="no plain data"):
        Plain([]).to_bytes(found())
    with pytest.raises(TypeError, match="no plain data"):
        Plain([Found]).to_bytes(lambda: 1)
    with pytest.raises(TypeError, match="no plain data"):
        Plain([Found]).to_bytes(np.array([object()]))
    with pytest.raises(ValueError, match="no value"):
        Plain([]).from_bytes(Plain([Found]).to_bytes(found()))


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    class Mischief:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "done"),)

    import io
    import pickle

    file = io.BytesIO()
    np.savez(file, tree=np.array([Mischief()]))
    for data in (file.getvalue(), pickle.dumps(Mischief())):
        with pytest.raises(ValueError, match="no value"):
            Plain([Found]).from_bytes(data)
    assert not (tmp_path / "done").exists()


def test_arrays_are_laid_out_by_rows_wherever_a_result_comes_from() -> None:
    columns = np.arange(12.0).reshape(3, 4).T
    result = settled([Found("x", columns, date.min, (1, 1.0, None), {"y": columns[::2]}), "text", 3])
    assert result[0].values.flags.c_contiguous
    assert result[0].by_name["y"].flags.c_contiguous
    np.testing.assert_array_equal(result[0].values, columns)
    assert result[1:] == ["text", 3]
    rows = np.arange(3.0)
    assert settled(rows) is rows


@pytest.mark.parametrize("harm", ["torn", "flipped", "empty", "another's"])
def test_a_damaged_result_is_as_good_as_none(tmp_path: Path, harm: str) -> None:
    kept = Kept(tmp_path, Plain([Found]))
    one, other = fingerprint("one"), fingerprint("other")
    kept.keep(one, found())
    kept.keep(other, found())
    path = next(path for path in tmp_path.iterdir() if path.name.startswith(one[:32]))
    content = path.read_bytes()
    assert kept.recall(one) is not None
    path.write_bytes(
        {
            "torn": content[:-5],
            "flipped": content[:100] + bytes([content[100] ^ 1]) + content[101:],
            "empty": b"",
            "another's": (tmp_path / f"{other[:32]}.task").read_bytes(),
        }[harm]
    )
    assert kept.recall(one) is None


def test_a_crew_asks_its_memory_before_it_works(tmp_path: Path) -> None:
    kept = Kept(tmp_path, Plain([]))
    done: list[int] = []

    def square(_case: object, task: int) -> int:
        done.append(task)
        return task * task

    for tasks, expected in (([1, 2], [1, 2]), ([2, 3, 1], [3])):
        with Crew(None, 1, memory=TaskMemory(kept, "case")) as crew:  # type: ignore[arg-type]
            assert crew.map(square, tasks) == [task * task for task in tasks]
        assert done == expected
        done.clear()
    with Crew(None, 1, memory=TaskMemory(kept, "another case")) as crew:  # type: ignore[arg-type]
        assert crew.map(square, [1]) == [1]
    assert done == [1]


def test_a_fingerprint_tells_apart_what_differs() -> None:
    values: list[object] = [
        None, True, 1, 1.0, -0.0, 0.0, math.nan, "1", b"1", "", (), [()], {}, {"a": 1}, {1: "a"}, ("ab", "c"),
        ("a", "bc"), (("a",), "b"), ("a", ("b",)), np.zeros(2), np.zeros((2, 1)), np.zeros(2, dtype="f4"),
        date(2020, 1, 1), frozenset({1, 2}), {"a": 1, "b": 2}, {"b": 2, "a": 1}, found,
    ]  # fmt: skip
    assert len({fingerprint(value) for value in values}) == len(values)
    assert fingerprint(frozenset({"x", "y"})) == fingerprint(frozenset({"y", "x"}))
    with pytest.raises(TypeError, match="no fingerprint"):
        fingerprint(object())
