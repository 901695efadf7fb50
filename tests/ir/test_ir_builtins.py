from fractions import Fraction

import pytest

from realities.ir.builtins import BUILTINS


@pytest.mark.parametrize("key", sorted(BUILTINS))
def test_every_row_has_a_unit_term_for_each_argument_it_takes(key: str) -> None:
    row = BUILTINS[key]
    for count in range(row.least, row.most + 1 if row.most is not None else row.least + 4):
        assert row.accepts(count)
        assert len(row.argument_terms(count)) == count
    assert not row.accepts(row.least - 1)
    assert row.key == key
    assert row.meaning.endswith(".")


def test_a_unit_rule_reads_powers_and_quotients() -> None:
    assert BUILTINS["sqrt"].result_term == {"u": Fraction(1, 2)}
    slope, start, end = BUILTINS["vensim.ramp"].argument_terms(3)
    assert slope == {"u": 1, "t": -1}
    assert start == end == {"t": 1}
    assert BUILTINS["exp"].result_term == {}
    assert BUILTINS["lookup"].result_term is None


def test_repeating_arguments_repeat_the_group_after_the_bar() -> None:
    terms = BUILTINS["vensim.vector_select"].argument_terms(7)
    assert terms[0] is None
    assert terms[1:] == ({}, {}, {}, {"u": 1}, {}, {"u": 1})
    assert BUILTINS["min"].argument_terms(3) == ({"u": 1},) * 3
