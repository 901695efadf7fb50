"""Models inside one another: names of modules, what is connected, and files beside the model."""

from __future__ import annotations

from pathlib import Path

import pytest
from xmile_text import SPECS, array, aux, dims, errors, first, problems, run, xmile

from realities.engine.reference import simulate
from realities.errors import InputError
from realities.model.load import load_model


def model(name: str, variables: str) -> str:
    """Return the element of a model with a name."""
    return f'<model name="{name}"><variables>{variables}</variables></model>'


def module(name: str, **inputs: str) -> str:
    """Return the element of a module, its inputs connected."""
    ends = "".join(f'<connect to="{to}" from="{source}"/>' for to, source in inputs.items())
    return f'<module name="{name}">{ends}</module>'


SECTOR = model("sector", aux("input", "1", "") + aux("output", "input*10 + local") + aux("local", "5"))


def test_a_variable_of_a_module_is_module_dot_variable() -> None:
    columns = first(xmile(module("sector") + aux("a", "sector.output + 1"), models=SECTOR))
    assert columns == {"sector.input": 1, "sector.output": 15, "sector.local": 5, "a": 16}


@pytest.mark.parametrize("source", [".price", "price"])
@pytest.mark.parametrize("target", ["input", "sector.input"])
def test_an_input_stands_for_what_it_is_connected_to(target: str, source: str) -> None:
    text = xmile(
        f'<module name="sector"><connect to="{target}" from="{source}"/></module>' + aux("price", "TIME + 2"),
        models=SECTOR,
    )
    assert run(text)["sector.output"][:3] == [25, 35, 45]


def test_an_input_needs_no_equation_where_it_is_connected() -> None:
    open_sector = SECTOR.replace("<eqn>1</eqn>", "<eqn>{when it stands alone}</eqn>", 1)
    text = xmile(module("sector", input=".price") + aux("price", "2"), models=open_sector)
    assert first(text)["sector.output"] == 25
    text = xmile(module("sector") + aux("price", "2"), models=open_sector)
    assert (7 + 2, "incomplete-equation", '"input" has no equation') in problems(text)


def test_modules_are_connected_to_one_another_and_back() -> None:
    text = xmile(
        module("supply", demand="demand.wanted")
        + module("demand", offered="supply.offered")
        + '<module name="stray"/>'
        + aux("x", "demand.wanted - supply.offered"),
        models=model("supply", aux("demand", "0") + aux("offered", "3"))
        + model("demand", aux("offered", "0") + aux("wanted", "offered*2"))
        + model("stray", aux("x", "7")),
    )
    columns = first(text)
    assert (columns["supply.demand"], columns["x"], columns["stray.x"]) == (6, 3, 7)


def test_the_points_in_front_may_be_said_twice() -> None:
    text = xmile(
        '<module name="m"><connect to=".back" from="m.y"/><connect2 to="back" from="m.y"/>'
        '<connect to="m.x" from=".fore"/><connect2 to="m.x" from="fore"/></module>'
        + aux("fore", "4")
        + '<aux name="back" access="input"><eqn>m</eqn></aux>',
        models=model("m", aux("x", "0") + aux("y", "x + 1")),
    )
    assert first(text)["back"] == 5


def test_modules_lie_in_modules() -> None:
    text = xmile(
        module("outer", x=".top") + aux("top", "2") + aux("seen", "outer.inner.y") + aux("short", "inner.y"),
        models=model("outer", aux("x", "0") + module("inner", z=".x") + aux("w", "inner.y + .x"))
        + model("inner", aux("z", "0") + aux("y", "z*100")),
    )
    columns = first(text)
    assert columns["outer.inner.y"] == columns["seen"] == columns["short"] == 200
    assert columns["outer.w"] == 202


def test_a_point_in_front_means_the_whole_model() -> None:
    text = xmile(
        module("outer") + aux("x", "1"),
        models=model("outer", aux("x", "2") + module("inner", z=".x") + aux("w", ".x"))
        + model("inner", aux("z", "0")),
    )
    columns = first(text)
    assert (columns["outer.w"], columns["outer.inner.z"]) == (1, 1)


def test_a_name_inside_a_module_is_of_that_module() -> None:
    text = xmile(module("m") + aux("x", "1"), models=model("m", aux("x", "2") + aux("y", "x")))
    assert first(text)["m.y"] == 2


def test_nothing_outside_of_a_module_is_seen_without_a_connection() -> None:
    text = xmile(module("m") + aux("x", "1"), models=model("m", aux("y", "x")))
    ((line, code, message),) = problems(text)
    assert (line, code, message) == (9, "unknown-name", 'no variable of the module "m" is named "x"')


def test_arrays_are_handed_over_whole() -> None:
    text = xmile(
        module("m", x=".top") + array("top", "10*D", "D") + aux("total", "SUM(m.y)"),
        dims(D="a b c"),
        models=model("m", array("x", "0", "D") + array("y", "x + D", "D") + aux("b", "2") + aux("z", "x[b]")),
    )
    columns = first(text)
    assert columns["total"] == 66
    assert columns["m.z"] == 20  # the element b, not the variable


def test_stocks_and_graphical_functions_work_inside_modules() -> None:
    text = xmile(
        module("m") + aux("read", "m.table(1)"),
        models=model(
            "m",
            '<stock name="s"><eqn>start</eqn><inflow>f</inflow></stock>'
            '<flow name="f"><eqn>table(s)</eqn></flow>'
            '<aux name="table"><gf><xscale min="0" max="10"/><ypts>0,10</ypts></gf></aux>'
            + aux("start", "1"),
        ),
    )
    columns = run(text)
    assert (columns["m.s"], columns["read"][0]) == ([1, 2, 4, 8, 16], 1)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            xmile(module("m", x=".nobody"), models=model("m", aux("x", "1"))),
            "unknown-name",
            'no variable is named ".nobody"',
        ),
        (
            xmile(module("m", nobody=".a") + aux("a", "1"), models=model("m", aux("x", "1"))),
            "unknown-name",
            'no variable is named "nobody"',
        ),
        (
            xmile(module("m"), models=model("m", module("m") + aux("x", "1"))),
            "cycle",
            'the module "m" holds itself',
        ),
        (
            xmile(
                module("m") + aux("x", "1"),
                models=f'<model name="m">{SPECS.replace("<dt>1", "<dt>0.5")}<variables>'
                f"{aux('x', '1')}</variables></model>",
            ),
            "unsupported-function",
            'the model "m" runs by a time of its own',
        ),
    ],
)
def test_what_is_wrong_with_modules_is_explained(text: str, code: str, message: str) -> None:
    assert [(one, two) for _, one, two in problems(text)] == [(code, message)]


# -- other files --------------------------------------------------------------------------------------------


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def values(path: Path) -> dict[str, float]:
    return {name: float(column[0, 0]) for name, column in simulate(load_model(path)).values.items()}


def refused(path: Path) -> tuple[str, str]:
    """Return code and message of the one error there is."""
    with pytest.raises(InputError) as caught:
        load_model(path)
    (found,) = errors(caught.value)
    return found.code, found.message


def test_a_module_may_lie_in_a_file_of_its_own(tmp_path: Path) -> None:
    write(
        tmp_path, "parts/sector.xmile", xmile(aux("input", "1") + array("y", "input*D", "D"), dims(D="a b"))
    )
    main = write(
        tmp_path,
        "main.xmile",
        xmile(
            '<module name="one" resource="parts/sector.xmile"><connect to="input" from=".p"/></module>'
            '<module name="two" resource="parts/sector.xmile"/>' + aux("p", "7") + aux("s", "SUM(one.y)")
        ),
    )
    found = values(main)
    assert (found["one.y[b]"], found["two.y[b]"], found["s"]) == (14, 2, 21)


def test_macros_defaults_and_dimensions_may_be_included(tmp_path: Path) -> None:
    write(
        tmp_path,
        "library/twice.xmile",
        '<xmile xmlns="u"><macro name="TWICE"><parm>x</parm><eqn>2*x</eqn></macro></xmile>',
    )
    write(tmp_path, "style.xmile", '<xmile xmlns="u"><behavior><non_negative/></behavior></xmile>')
    write(tmp_path, "dims.xmile", f'<xmile xmlns="u">{dims(D="a b")}</xmile>')
    text = xmile(array("v", "TWICE(D)", "D") + '<flow name="f"><eqn>-3</eqn></flow>')
    header = "".join(
        f'<include resource="{one}"/>' for one in ("library/twice.xmile", "style.xmile", "dims.xmile")
    )
    main = write(tmp_path, "main.xmile", text.replace("</header>", f"<includes>{header}</includes></header>"))
    assert values(main) == {"v[a]": 2, "v[b]": 4, "f": 0}


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ("../outside.xmile", "outside-folder"),
        ("/etc/passwd", "outside-folder"),
        ("nothing.xmile", "missing-file"),
        ("https://example.org/model.xmile", "unsupported-function"),
        ("broken.xmile", "syntax-error"),
    ],
)
def test_only_files_inside_the_folder_of_the_model_are_opened(
    tmp_path: Path, resource: str, code: str
) -> None:
    write(tmp_path, "outside.xmile", xmile(aux("a", "1")))
    write(tmp_path, "inside/broken.xmile", "<xmile>")
    main = write(
        tmp_path, "inside/main.xmile", xmile(f'<module name="m" resource="{resource}"/>' + aux("a", "1"))
    )
    assert refused(main)[0] == code


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path, "outside.xmile", xmile(aux("a", "1")))
    main = write(
        tmp_path, "inside/main.xmile", xmile('<module name="m" resource="link.xmile"/>' + aux("a", "1"))
    )
    (tmp_path / "inside" / "link.xmile").symlink_to(outside)
    assert refused(main)[0] == "outside-folder"


def test_a_file_that_includes_itself_is_read_once(tmp_path: Path) -> None:
    text = xmile(aux("a", "1")).replace(
        "</header>", '<includes><include resource="main.xmile"/></includes></header>'
    )
    assert values(write(tmp_path, "main.xmile", text)) == {"a": 1}


def test_a_problem_in_another_file_is_shown_there(tmp_path: Path) -> None:
    write(tmp_path, "sector.xmile", xmile("\n" + aux("a", "oops +")))
    main = write(tmp_path, "main.xmile", xmile('<module name="m" resource="sector.xmile"/>' + aux("a", "1")))
    with pytest.raises(InputError) as caught:
        load_model(main)
    (found,) = errors(caught.value)
    assert (Path(found.span.source.name).name, found.span.line, found.span.column) == ("sector.xmile", 8, 25)


def test_dimensions_of_two_files_must_not_contradict_each_other(tmp_path: Path) -> None:
    write(tmp_path, "sector.xmile", xmile(array("a", "1", "D"), dims(D="x y")))
    main = write(
        tmp_path,
        "main.xmile",
        xmile('<module name="m" resource="sector.xmile"/>' + array("b", "1", "D"), dims(D="x y z")),
    )
    assert refused(main) == ("duplicate-name", 'the dimension "D" is defined twice, with other elements')


def test_a_stock_of_a_module_may_be_connected_in_place_of_its_own_value() -> None:
    text = xmile(
        module("hares", lynxes="lynxes.lynxes") + module("lynxes"),
        models=model("hares", '<stock name="lynxes"><eqn>{from there}</eqn><non_negative/></stock>')
        + model("lynxes", '<stock name="lynxes"><eqn>1250</eqn></stock>'),
    )
    assert first(text) == {"hares.lynxes": 1250, "lynxes.lynxes": 1250}
