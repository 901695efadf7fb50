"""Laws of going from one language to the other: the same results there, and back again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from write_support import CONFORMANCE, CORPUS, read_text, vensim_files, xmile_files

from realities.engine.reference import simulate
from realities.errors import Findings, InputError
from realities.ir.builtins import BUILTINS
from realities.ir.expr import Call, walk
from realities.ir.model import Dialect, Model, name_key
from realities.model.load import build_model, read_file, read_source
from realities.model.write.convert import PRINTERS, convert_model
from realities.model.write.translate import translate
from realities.source import SourceText
from realities.trajectories import Trajectories

OTHER: dict[Dialect, Dialect] = {"vensim": "xmile", "xmile": "vensim"}
SUFFIX = {"vensim": ".mdl", "xmile": ".xmile"}
CONTROLS = {"initial time", "final time", "time step", "saveper", "starttime", "stoptime", "dt", "savestep"}


def has_chance(model: Model) -> bool:
    """Whether a model draws random numbers, which differ wherever a call stands elsewhere."""
    return any(
        isinstance(node, Call) and BUILTINS[node.function].is_random
        for variable in model.variables
        for expr in (variable.expression, variable.initial, *variable.extra)
        if expr is not None
        for node in walk(expr)
    )


def told(name: str) -> str:
    """Return a name as both languages key it, what one of them escapes read as meant."""
    return name_key(name.replace("\\n", " ").replace('\\"', '"').replace("\\\\", "\\"))


def renamed(findings: Findings) -> dict[str, str]:
    """Return the names that a translation changed, by what they were: it warns of each."""
    pairs = [re.findall('"([^"]*)"', item.message) for item in findings.items if item.code == "renamed"]
    return {name_key(old): name_key(new) for old, new in pairs}


def called(name: str, names: Mapping[str, str]) -> str:
    """Return what a column is called where names were changed."""
    base, _, elements = told(name).partition("[")
    parts = [names.get(one, one) for one in elements.rstrip("]").split(",")] if elements else []
    return names.get(base, base) + (f"[{','.join(parts)}]" if parts else "")


def differences(wanted: Trajectories, found: Trajectories, names: Mapping[str, str]) -> Iterator[str]:
    """Yield the columns that are missing or differ, time settings left out."""
    if wanted.times.tolist() != pytest.approx(found.times.tolist()):
        yield "other times"
        return
    columns = {told(name): values[0] for name, values in found.values.items()}
    for name, values in wanted.values.items():
        key = called(name, names)
        if told(name) in CONTROLS:
            continue
        if key not in columns:
            yield f"{name} is missing"
        elif not np.allclose(columns[key], values[0], rtol=1e-12, atol=1e-12, equal_nan=True):
            yield f"{name}: {columns[key]} instead of {values[0]}"


@dataclass(frozen=True)
class Travelled:
    """What became of one file: how many columns agree, or why it could not go."""

    columns: int = 0
    refused: tuple[str, ...] = ()
    was_loaded: bool = True


@cache
def there_and_back(path: Path) -> Travelled:
    """Send a model to the other language and back, and compare what it gives each time."""
    source = read_source(path)
    data = sorted(path.parent.glob("data.csv"))
    try:
        model = build_model(source, data=data)
    except InputError:
        return Travelled(was_loaded=False)
    wanted = simulate(model)
    names: dict[str, str] = {}
    for _ in range(2):
        file = read_file(source, Findings())
        found = Findings()
        other = OTHER[file.dialect]
        translated = translate(file, other, found, data)
        if found.errors:
            return Travelled(refused=tuple(item.message for item in found.errors))
        source = SourceText(str(path.with_suffix(SUFFIX[other])), PRINTERS[other](translated))
        got, data = build_model(source), []
        names |= renamed(found)
        if not has_chance(model):
            assert list(differences(wanted, simulate(got), names)) == [], source.name
    return Travelled(columns=len(wanted.values))


@pytest.mark.parametrize(
    "path", [*vensim_files(CORPUS), *xmile_files(CORPUS)], ids=lambda path: f"{path.parent.name}{path.suffix}"
)
def test_a_model_gives_the_same_in_the_other_language_and_back(path: Path) -> None:
    """Unless it says what the other language cannot say, each such thing told by its name."""
    travelled = there_and_back(path)
    assert travelled.was_loaded
    assert travelled.columns or travelled.refused
    assert all("no counterpart" in reason or "cannot be said" in reason for reason in travelled.refused)


def test_most_features_are_in_both_languages() -> None:
    paths = [*vensim_files(CORPUS), *xmile_files(CORPUS)]
    assert sum(bool(there_and_back(path).columns) for path in paths) > 0.6 * len(paths)


def public_models() -> list[Path]:
    """Return the files of the conformance collection, in both languages."""
    if CONFORMANCE is None:
        pytest.skip("the conformance collection is not here")
    return [*vensim_files(CONFORMANCE), *xmile_files(CONFORMANCE)]


def test_every_fourth_public_model_gives_the_same_in_the_other_language_and_back() -> None:
    found = [there_and_back(path) for path in public_models()[::4]]
    assert sum(bool(one.columns) for one in found) > 50


@pytest.mark.slow
def test_public_models_give_the_same_in_the_other_language_and_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = [there_and_back(path) for path in public_models()]
    reasons = Counter(reason for one in found for reason in set(one.refused))
    n_same = sum(bool(one.columns) for one in found)
    with capsys.disabled():
        print(
            f"\ntranslated: {n_same} files give the same in {sum(one.columns for one in found)} columns, "
            f"there and back; {sum(bool(one.refused) for one in found)} are refused; "
            f"{sum(not one.was_loaded for one in found)} are not loaded"
        )
        for reason, count in reasons.most_common():
            print(f"    {count} {reason}")
    assert n_same > 200


# -- single things ------------------------------------------------------------------------------------

CONTROL = "INITIAL TIME = 0 ~~|FINAL TIME = 6 ~~|TIME STEP = 0.5 ~~|SAVEPER = TIME STEP ~~|"


def to_xmile(text: str) -> tuple[str, Findings]:
    """Return some Vensim equations in XMILE, and what was found."""
    file, found = read_text("m.mdl", text + CONTROL)
    translated = translate(file, "xmile", found)
    return ("" if found.errors else PRINTERS["xmile"](translated)), found


def to_vensim(variables: str, head: str = "", specs: str = "") -> tuple[str, Findings]:
    """Return some XMILE variables in Vensim, and what was found."""
    text = (
        '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">'
        f"<sim_specs {specs}><start>0</start><stop>6</stop><dt>0.5</dt></sim_specs>{head}"
        f"<model><variables>{variables}</variables></model></xmile>"
    )
    file, found = read_text("m.xmile", text)
    translated = translate(file, "vensim", found)
    return ("" if found.errors else PRINTERS["vensim"](translated)), found


@pytest.mark.parametrize(
    ("vensim", "xmile"),
    [
        ("SMOOTH3I(in, 2, 5)", "SMTH3(in, 2, 5)"),
        ("SMOOTH N(in, 2, 5, 4)", "SMTHN(in, 2, 4, 5)"),
        ("DELAY N(in, 2, 5, 4)", "DELAYN(in, 2, 4, 5)"),
        ("DELAY FIXED(in, 2, 5)", "DELAY(in, 2, 5)"),
        ("RANDOM UNIFORM(0, 2, 9)", "RANDOM(0, 2, 9)"),
        ("RANDOM NORMAL(0, 2, 1, 3, 9)", "NORMAL(1, 3, 9, 0, 2)"),
        ("IF THEN ELSE(in > 2 :AND: :NOT: in = 3, 1, 2)", "IF in &gt; 2 AND NOT (in = 3) THEN 1 ELSE 2"),
        ("LOG(in, 10)", "LOG10(in)"),
        ("INITIAL(in)", "INIT(in)"),
        ("GET TIME VALUE(1, 2, 0)", "STARTTIME + 2"),
        ("FINAL TIME - Time", "STOPTIME - TIME"),
        ("SAMPLE IF TRUE(in > 2, in, 7)", "IF in &gt; 2 THEN in ELSE PREVIOUS(SELF, 7)"),
    ],
)
def test_a_function_becomes_the_one_of_the_same_meaning(vensim: str, xmile: str) -> None:
    text, found = to_xmile(f"x = {vensim} ~~|in = Time ~~|")
    assert not found.errors
    assert f"<eqn>{xmile}</eqn>" in text


def test_a_function_of_another_meaning_becomes_a_macro_where_its_argument_would_be_repeated() -> None:
    text, _ = to_xmile("x = INTEGER(SMOOTH(Time, 2)) ~~| y = INTEGER(x) ~~|")
    assert '<macro name="Vensim INTEGER">' in text
    assert "<eqn>Vensim_INTEGER(SMTH1(TIME, 2))</eqn>" in text
    assert "<eqn>IF x &lt; 0 THEN -INT(-x) ELSE INT(x)</eqn>" in text


def test_subranges_mappings_and_exceptions_are_written_out() -> None:
    text, found = to_xmile(
        "All: a, b, c ~~| Some: a, b -> Other ~~| Other: o, p ~~| x[All] :EXCEPT: [c] = 1 ~~| x[c] = 9 ~~|"
        "y[Some] = x[Some] * 2 ~~| z[Other] = y[Some] ~~| total = SUM(x[All!]) + SUM(x[Some!]) ~~|"
    )
    assert not found.errors
    assert '<element subscript="c">' in text
    assert "<eqn>x[b] * 2</eqn>" in text
    assert "<eqn>y[b]</eqn>" in text  # the element of Some that maps to p
    assert "SUM(x[*]) + (x[a] + x[b])" in text


def test_everything_that_cannot_be_said_is_refused_by_name_at_its_place() -> None:
    _, found = to_xmile(
        "x = VECTOR RANK(v[A], 1) ~~|A: p, q ~~|v[A] = 1 ~~|\ny = 1 + FIND ZERO(2) ~~|data ~~|"
    )
    seen = [(item.code, item.message.split(" has")[0], item.span.line) for item in found.errors]
    assert ("no-counterpart", '"FIND ZERO"', 2) in seen
    assert [code for code, *_ in seen].count("missing-data") == 1


def test_a_control_variable_that_changes_in_a_run_is_refused() -> None:
    file, found = read_text("m.mdl", "x = 1 ~~|FINAL TIME = IF THEN ELSE(Time > 3, Time, 10) ~~|")
    translate(file, "xmile", found)
    assert [item.code for item in found.errors] == ["no-counterpart"]


def test_a_control_variable_that_is_worked_out_becomes_its_number() -> None:
    file, found = read_text(
        "m.mdl", "years = 4 ~~|FINAL TIME = 10 + years ~~|INITIAL TIME = 0 ~~|TIME STEP = 1 ~~|"
    )
    text = PRINTERS["xmile"](translate(file, "xmile", found))
    assert "<stop>14</stop>" in text
    assert "settled-control" in [item.code for item in found.warnings]


def test_a_control_variable_that_is_a_number_below_zero_is_no_loss() -> None:
    file, found = read_text("m.mdl", "x = 1 ~~|FINAL TIME = 4 ~~|INITIAL TIME = -24 ~~|TIME STEP = 1 ~~|")
    text = PRINTERS["xmile"](translate(file, "xmile", found))
    assert "<start>-24</start>" in text
    assert not [item for item in found.warnings if item.code == "settled-control"]


def test_a_model_without_variables_is_refused() -> None:
    file, found = read_text("m.mdl", CONTROL)
    with pytest.raises(InputError, match="empty-model"):
        translate(file, "xmile", found)


def test_a_date_in_the_calendar_of_a_model_is_refused() -> None:
    _, found = to_xmile("year = GET TIME VALUE(0, 0, 1) ~~|")
    assert [item.code for item in found.errors] == ["no-counterpart"]


def test_steps_that_adjust_themselves_are_refused_in_vensim() -> None:
    _, found = to_vensim('<aux name="x"><eqn>1</eqn></aux>', specs='method="RK45"')
    assert [item.code for item in found.errors] == ["no-counterpart"]


VECTORS = """
Item: a, b, c, d ~~| Side: l, r ~~| Some: b, c ~~|
x[Item] = 3, 1, 2, 1 ~~| g[Side, Item] = 1, 2, 3, 4; 5, 6, 7, 8; ~~| on[Item] = 1, 0, 1, 1 ~~|
order[Item] = VECTOR SORT ORDER(x[Item], 1) ~~| down[Item] = VECTOR SORT ORDER(x[Item], -1) ~~|
sorted[Item] = VECTOR REORDER(x[Item], order[Item]) ~~| shifted = VECTOR ELM MAP(x[b], Time) ~~|
next[Item] = VECTOR ELM MAP(x[Item], 1) ~~| in row[Side] = VECTOR ELM MAP(g[Side, a], Time) ~~|
part[Some] = VECTOR ELM MAP(x[Some], on[Some]) ~~| total = VECTOR SELECT(on[Item!], x[Item!], -9, 0, 0) ~~|
times = VECTOR SELECT(on[Item!], x[Item!], -9, 1, 0) ~~|
most = VECTOR SELECT(on[Item!], x[Item!], -9, 3, 0) ~~|
least[Side] = VECTOR SELECT(on[Item!], g[Side, Item!], -9, 2, 0) ~~|
none = VECTOR SELECT(on[Item!] - on[Item!], x[Item!], -9, 0, 0) ~~|
"""


def test_vectors_are_selected_picked_and_sorted_in_both_languages(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    path.write_text(VECTORS + CONTROL)
    travelled = there_and_back(path)
    assert not travelled.refused
    assert travelled.columns > 40


def test_sums_in_sums_and_shortened_delays_are_the_same_in_xmile(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    path.write_text(
        "A: a1, a2 ~~| B: b1, b2, b3 ~~| x[A, B] = 1, 2, 3; 4, 5, 6; ~~| row[A] = SUM(x[A, B!]) ~~|"
        # 6 * 21 + 15 * 21: the sum inside runs over all of x, for each element of the sum around it.
        "both = SUM(row[A!] * SUM(x[A!, B!])) ~~|"
        # Ten stages in a delay of eight steps are eight.
        "input = 5 + STEP(10, 1) ~~| order = 10 ~~| late = DELAY N(input, 4, 2, order) ~~|" + CONTROL
    )
    travelled = there_and_back(path)
    assert not travelled.refused
    model = build_model(read_source(path))
    assert simulate(model)["both"][0, 0] == 6 * 21 + 15 * 21


def test_a_ramp_that_ends_before_it_starts_is_refused_in_xmile() -> None:
    _, found = to_xmile("last = 1 ~~| y = RAMP(2, 3, last) ~~|")
    assert [item.code for item in found.errors] == ["no-counterpart"]


@pytest.mark.parametrize(
    ("chosen", "action", "value"),
    [
        ("0, 0", 1, np.nan),
        ("1, 1", 1, 2),
        ("1, 1", 2, np.nan),
        ("0, 0", 2, -7),
        ("1, 1", 3, np.nan),
        ("0, 0", 3, np.nan),
        ("0, 1", 3, 1),
    ],
)
def test_an_error_action_is_an_error_in_xmile_too(chosen: str, action: int, value: float) -> None:
    text, _ = to_xmile(
        f"D: a, b ~~| on[D] = {chosen} ~~| y = VECTOR SELECT(on[D!], on[D!], -7, 0, {action}) ~~|"
    )
    run = simulate(build_model(SourceText("m.xmile", text)))
    np.testing.assert_equal(run["y"][0], np.full(run["y"].shape[1], value))


def test_a_drawing_and_marks_are_left_out_with_one_warning() -> None:
    _, found = to_xmile("x == 1 ~~~:SUPPLEMENTARY:|")
    assert [item.code for item in found.warnings] == ["left-out"]
    assert found.warnings[0].message.endswith(
        'the mark "==" of constants that may not be changed and the mark :SUPPLEMENTARY'
    )


def test_a_name_that_means_something_in_xmile_is_changed() -> None:
    text, found = to_xmile("PI = 3 ~~| twice = 2 * PI ~~|")
    assert [item.code for item in found.warnings] == ["renamed"]
    assert '<aux name="model PI">' in text
    assert "<eqn>2 * model_PI</eqn>" in text


def test_a_macro_that_is_called_like_a_function_there_gets_another_name() -> None:
    text, found = to_xmile(":MACRO: INIT(x)\nINIT = INITIAL(x) ~~|\n:END OF MACRO:\ny = INIT(Time) ~~|")
    assert [item.code for item in found.warnings] == ["renamed"]
    assert '<macro name="model INIT">' in text
    assert "<eqn>model_INIT(TIME)</eqn>" in text


def test_numbered_elements_get_names_in_vensim() -> None:
    text, found = to_vensim(
        '<aux name="x"><dimensions><dim name="N"/></dimensions><eqn>N</eqn></aux>'
        '<aux name="y"><eqn>x[2]</eqn></aux>',
        '<dimensions><dim name="N" size="2"/></dimensions>',
    )
    assert {item.code for item in found.warnings} == {"renamed"}
    assert "N:\n\tE 1, E 2" in text
    assert "y =\n\tx[E 2]" in text


def test_what_vensim_wants_alone_gets_an_equation_of_its_own() -> None:
    text, _ = to_vensim(
        '<aux name="x"><eqn>2 * DELAY(TIME, 3, 1) + INIT(y)</eqn></aux><aux name="y"><eqn>1</eqn></aux>'
    )
    assert "x =\n\t2 * x delay fixed + x initial" in text
    assert "x delay fixed =\n\tDELAY FIXED(Time, 3, 1)" in text
    assert "x initial =\n\tINITIAL(y)" in text


def test_a_stock_that_is_kept_from_falling_below_zero_has_equations_for_it() -> None:
    flow = '<flow name="f"><eqn>1</eqn></flow>'
    stock = f'<stock name="s"><eqn>2</eqn><outflow>f</outflow><non_negative/></stock>{flow}'
    text, _ = to_vensim(stock)
    assert "MIN(1, MAX(s / TIME STEP, 0))" in text
    _, found = to_vensim(stock, specs='method="RK4"')
    assert [item.code for item in found.errors] == ["no-counterpart"]


@pytest.mark.parametrize("kind", ["discrete", "extrapolate"])
def test_a_graphical_function_of_another_type_is_read_by_the_function_that_does_so(kind: str) -> None:
    name = {"discrete": "LOOKUP BACKWARD", "extrapolate": "LOOKUP EXTRAPOLATE"}[kind]
    gf = f'<gf name="g" type="{kind}"><xpts>0,1</xpts><ypts>0,1</ypts></gf>'
    text, _ = to_vensim(f'{gf}<aux name="x"><eqn>g(TIME)</eqn></aux>')
    assert f"{name}(g, Time)" in text


def test_marks_that_end_a_comment_in_vensim_are_replaced() -> None:
    text, _ = to_vensim('<aux name="x"><eqn>1</eqn><doc>this | that ~ more</doc></aux>')
    assert "this / that - more" in text


def test_a_sum_is_no_array_in_the_least_of_two_numbers() -> None:
    dims = '<dimensions><dim name="D"><elem name="a"/><elem name="b"/></dim></dimensions>'
    array = '<aux name="n"><dimensions><dim name="D"/></dimensions><eqn>2</eqn></aux>'
    text = f'<aux name="y"><eqn>MIN(TIME, -SUM(n[*])) + MAX(SUM(n[*]))</eqn></aux>{array}'
    specs = "<sim_specs><start>0</start><stop>1</stop></sim_specs>"
    source = SourceText(
        "m.xmile", f"<xmile>{specs}{dims}<model><variables>{text}</variables></model></xmile>"
    )
    findings = Findings()
    file = translate(read_file(source, findings), "vensim", findings)
    findings.check()
    assert simulate(build_model(SourceText("m.mdl", PRINTERS["vensim"](file))))["y"][0].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("equation", "written", "values"),
    [
        ("MAX(1, TIME, 3)", "MAX(MAX(1, Time), 3)", [3, 3, 3, 3, 4]),
        ("MIN(TIME)", "Time", [0, 1, 2, 3, 4]),
        ("MIN(2, TIME)", "MIN(2, Time)", [0, 1, 2, 2, 2]),
    ],
)
def test_the_largest_of_several_is_taken_two_by_two_in_vensim(
    equation: str, written: str, values: list[float]
) -> None:
    text = (
        '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"><sim_specs><start>0</start>'
        f'<stop>4</stop><dt>1</dt></sim_specs><model><variables><aux name="y"><eqn>{equation}</eqn></aux>'
        "</variables></model></xmile>"
    )
    file, found = read_text("m.xmile", text)
    mdl = PRINTERS["vensim"](translate(file, "vensim", found))
    assert f"\t{written}\n" in mdl
    assert simulate(build_model(SourceText("m.mdl", mdl)))["y"][0].tolist() == values


@pytest.mark.parametrize(
    "points", ["(0,0.2),(5,0.5),(10,0.8)", "(0,:NA:),(5,0.5),(10,0.8)", "(-1,0.2),(5,0.5)"]
)
def test_ranges_of_sliders_and_lookups_come_back_and_a_lost_step_is_told(tmp_path: Path, points: str) -> None:
    text = (
        "share = 0.5 ~ Dmnl [0,1,0.05] ~ |\nopen = 1 ~ Dmnl [0,?] ~ |\n"
        f"effect([(0,0)-(10,1)],{points}) ~ ~ |\n"
        "x = effect(Time) * share ~ ~ |\nINITIAL TIME = 0 ~ ~ |\nFINAL TIME = 10 ~ ~ |\n"
        "TIME STEP = 1 ~ ~ |\nSAVEPER = TIME STEP ~ ~ |\n"
    )
    (tmp_path / "one.mdl").write_text(text, encoding="utf-8")
    findings = Findings()
    there = convert_model(tmp_path / "one.mdl", tmp_path / "one.xmile", findings=findings)
    assert [one.message for one in findings.warnings] == [
        "left out, since the other language has no place for it: the step of 1 slider"
    ]
    assert '<yscale min="0" max="1"/>' in there.text
    back = convert_model(tmp_path / "one.xmile", tmp_path / "two.mdl").text
    assert "Dmnl [0,1]" in back and "Dmnl [0,?]" in back
    assert re.search(r"\[\(-?\d+,0\)-\(\d+,1\)\]", back)
