"""Hostile model files by name: deep, long, endless, exploding or lying; `test_fuzz_limits.py` runs them.

A case is a file's ending and a function that makes its bytes, so that nothing large is made before it
is wanted.
"""

from __future__ import annotations

from collections.abc import Callable

Case = tuple[str, Callable[[], bytes]]

DEEP = 10_000
LONG = 10_000_000
CONTROL = "\nINITIAL TIME = 0 ~~| FINAL TIME = 4 ~~| TIME STEP = 1 ~~| SAVEPER = TIME STEP ~~|\n"
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE laughs [<!ENTITY e0 "ha">'
    + "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
    + "]>\n"
)
QUADRATIC = f'<?xml version="1.0"?><!DOCTYPE q [<!ENTITY e "{"a" * 100_000}">]>\n'


def vensim(equations: str) -> bytes:
    """Return a Vensim model of some equations, run from 0 to 4."""
    return ("{UTF-8}\n" + equations + CONTROL).encode()


def vensim_of(right: str) -> bytes:
    """Return a Vensim model of one equation."""
    return vensim(f"x = {right} ~~|")


def timed(initial: str, final: str, step: str, save: str) -> bytes:
    """Return a Vensim model that runs as it says."""
    return (
        f"s = INTEG(1, 0) ~~|x = s+Time ~~|\nINITIAL TIME = {initial} ~~| FINAL TIME = {final} ~~| "
        f"TIME STEP = {step} ~~| SAVEPER = {save} ~~|"
    ).encode()


def checked(n_checks: int, final: int, condition: str) -> bytes:
    """Return a Vensim model with many Reality Checks, each of a long run; `{0}` is the number of a check."""
    check = ":THE CONDITION: " + condition + " :IMPLIES: s > {0} ~~|"
    checks = "\n".join(f"c{k} {check.format(k)}" for k in range(n_checks))
    return checks.encode() + b"\nk = 1 ~~|" + timed("0", str(final), "1", "1")


def xmile(
    variables: str,
    *,
    specs: str = "<start>0</start><stop>4</stop><dt>1</dt>",
    method: str = "euler",
    before: str = "",
    after: str = "",
    head: str = '<?xml version="1.0" encoding="utf-8"?>\n',
) -> bytes:
    """Return an XMILE model."""
    return (
        f'{head}<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"><header>'
        f'<vendor>v</vendor><product version="1">p</product></header><sim_specs method="{method}">{specs}'
        f"</sim_specs>{before}<model><variables>{variables}</variables></model>{after}</xmile>"
    ).encode()


def aux(equation: str, name: str = "a") -> str:
    """Return an auxiliary."""
    return f'<aux name="{name}"><eqn>{equation}</eqn></aux>'


def xmile_of(equation: str) -> bytes:
    """Return an XMILE model of one equation."""
    return xmile(aux(equation))


def specs(start: str, stop: str, step: str) -> bytes:
    """Return an XMILE model that runs as it says."""
    text = f"<start>{start}</start><stop>{stop}</stop><dt>{step}</dt>"
    return xmile(aux("TIME"), specs=text)


def dimension(size: str, *, names: str = "D") -> str:
    """Return dimensions of some size."""
    dims = "".join(f'<dim name="{name}" size="{size}"/>' for name in names)
    return f"<dimensions>{dims}</dimensions>"


def array(name: str, equation: str) -> str:
    """Return an auxiliary over the dimension D."""
    return f'<aux name="{name}"><dimensions><dim name="D"/></dimensions><eqn>{equation}</eqn></aux>'


def ranges(count: int, size: int) -> str:
    """Return numbered dimensions D0, D1, ... in Vensim."""
    return "".join(f"D{one}: (a{one}q1-a{one}q{size}) ~~|\n" for one in range(count))


def chain(length: int, last: str) -> str:
    """Return Vensim equations that each need the next."""
    return "".join(f"x{one} = x{one + 1}+1 ~~|\n" for one in range(length)) + f"x{length} = {last} ~~|\n"


def vensim_macros(levels: int) -> bytes:
    """Return macros that each call the next one twice."""
    return vensim(
        "".join(
            f":MACRO: M{one}(a)\nM{one} = M{one + 1}(a)+M{one + 1}(a+1) ~~|\n:END OF MACRO:\n"
            for one in range(levels)
        )
        + f":MACRO: M{levels}(a)\nM{levels} = a ~~|\n:END OF MACRO:\nx = M0(Time) ~~|"
    )


def xmile_macros(levels: int) -> bytes:
    """Return macros that each call the next one twice."""
    macros = "".join(
        f'<macro name="M{one}"><parm>p</parm><eqn>M{one + 1}(p)+M{one + 1}(p+1)</eqn></macro>'
        for one in range(levels)
    )
    return xmile(aux("M0(TIME)"), after=f'{macros}<macro name="M{levels}"><parm>p</parm><eqn>p</eqn></macro>')


_DEEP_RIGHTS: dict[str, str] = {
    "parentheses": "(" * DEEP + "1" + ")" * DEEP,
    "open parentheses": "(" * DEEP,
    "brackets": "y" + "[" * DEEP + "a" + "]" * DEEP,
    "minus signs": "-" * DEEP + "1",
    "plus signs": "+" * DEEP + "1",
    "powers": "2^" * DEEP + "1",
    "negative powers": "2^-" * DEEP + "1",
    "a long sum": "1+" * 40_000 + "1",
    "a long sum of times": "Time+" * DEEP + "1",
    "a long product": "Time*" * DEEP + "1",
    "a long list of arguments": "MAX(" + ",".join(["Time"] * DEEP) + ")",
    "calls": "ABS(" * DEEP + "1" + ")" * DEEP,
    "comments": "{" * DEEP + "1" + "}" * DEEP,
    "a long number": "0." + "1" * 100_000,
    "a huge number": "1" + "0" * 400,
    "a huge exponent": "1e" + "9" * 10_000,
}
_VENSIM_RIGHTS: dict[str, str] = {
    "choices": "IF THEN ELSE(Time>1, 1, " * DEEP + "1" + ")" * DEEP,
    "choices in conditions": "IF THEN ELSE(" * DEEP + "1" + ", 1, 2)" * DEEP,
    "negations": ":NOT: " * DEEP + "1",
    "conjunctions": "1 :AND: " * DEEP + "1",
    "comparisons": "1 < " * DEEP + "1",
    "an order of a billion": "DELAY N(Time, 5, 0, 1e9)",
    "an infinite order": "DELAY N(Time, 5, 0, 1e308*100)",
    "no order": "DELAY N(Time, 5, 0, 0/0)",
    "a negative order": "SMOOTH N(Time, 5, 0, -3)",
    "an endless delay": "DELAY FIXED(Time, 1e12, 0)",
    "an infinite delay": "DELAY FIXED(Time, 1e308*10, 0)",
    "a delay of no number": "DELAY FIXED(Time, 0/0, 0)",
    "no delay": "FORECAST(Time,0,1)+TREND(Time,0,0)+SMOOTH(Time,0)+DELAY3(Time,0)",
    "a Poisson of 1e300": "RANDOM POISSON(0,1e300,1e300,0,1,1)+Time",
    "a normal far from its bounds": "RANDOM NORMAL(10,11,0,1e-9,1)+Time",
    "a gamma of negative order": "RANDOM GAMMA(0,1,-1,0,1,1)+Time",
    "a binomial of 1e18 trials": "RANDOM BINOMIAL(0,1,5,1e18,0,1,1)+Time",
    "an exponential far from its bounds": "RANDOM EXPONENTIAL(-5,-4,0,1,1)+Time",
    "a seed of no number": "RANDOM UNIFORM(0,1,0/0)+Time",
    "tiny quanta": "QUANTUM(1e300, 1e-300)+MODULO(1e300,1e-300)+Time",
    "tiny pulses": "PULSE TRAIN(0,1e-300,1e-300,1e300)",
    "numbers out of sight": "NPV(1e308,1e308,1e308,1e308)+LN(-Time)+SQRT(-1-Time)+ARCSIN(2)+LOG(Time,1)+1/0",
    "a file outside": "GET XLS CONSTANTS('../../../../etc/passwd','a','b1')",
    "a file at the root": "GET DIRECT CONSTANTS('/etc/passwd',',','b1')",
    "a device": "GET DIRECT CONSTANTS('/dev/zero',',','b1')",
}
_XMILE_RIGHTS: dict[str, str] = {
    "choices": "IF TIME&gt;1 THEN " * DEEP + "1" + " ELSE 2" * DEEP,
    "other choices": "IF TIME&gt;1 THEN 1 ELSE " * DEEP + "1",
    "negations": "NOT " * DEEP + "1",
    "remainders": "TIME MOD " * DEEP + "1",
    "comparisons": "1 &lt; " * DEEP + "1",
    "an order of a billion": "DELAYN(TIME,5,1e9)+SMTHN(TIME,5,1000000000)",
    "no order": "DELAYN(TIME,5,0/0)",
    "an endless delay": "DELAY(TIME,1e12)+DELAY(TIME,1e300)",
    "a growing past": "PREVIOUS(SELF,1)*1e200",
    "initial values of one another": "INIT(a)",
    "chance without sense": "NORMAL(0,-1)+EXPRND(0)+LOGNORMAL(-1,-1)+POISSON(1e300)+UNIFORM(5,1)",
    "numbers out of sight": "PULSE(1,0,1e-300)+RAMP(1e308,0)+(1e300 MOD 1e-300)+LOG10(-1)+FACTORIAL(1e9)",
    "a huge slice": "SUM(a[1:1000000000])",
    "a list": "1,2,3",
}

VENSIM: dict[str, Case] = {
    "checks of long runs": (".mdl", lambda: checked(300, 100_000, "s = {0}")),
    "checks of longer runs": (".mdl", lambda: checked(300, 500_000, "k = {0}")),
    "a check that makes the run long": (".mdl", lambda: checked(30, 4, "FINAL TIME = 990{0}000")),
    "checks beyond number": (".mdl", lambda: checked(5_000, 4, "s = {0}")),
    "name of 10 MB": (".mdl", lambda: vensim("x" * LONG + " = 1 ~~|")),
    "sum of 10 MB": (".mdl", lambda: vensim_of("1+" * (LONG // 2) + "1")),
    **{
        f"10 MB of {mark!r}": (".mdl", lambda mark=mark: (mark * (LONG // len(mark))).encode())  # type: ignore[misc]
        for mark in ("(", "~", "|", '"', "{", " ", "\n", "*", ":MACRO:", "\\\n", "a~~|", "\0", "\\\\\\---///")
    },
    "unit of parentheses": (".mdl", lambda: vensim("x = 1 ~ " + "(" * DEEP + "m" + ")" * DEEP + " ~|")),
    "unit of factors": (".mdl", lambda: vensim("x = 1 ~ " + "m*" * DEEP + "m ~|")),
    "unit of digits": (".mdl", lambda: vensim("x = 1 ~ m^" + "9" * 5000 + " ~|")),
    "no number in a name": (".mdl", lambda: vensim("x\0y = 1 ~~|")),
    "no UTF-8": (".mdl", lambda: b"\xff\xfe\xfa" + b"\x80" * 1001),
    "UTF-16 of odd length": (".mdl", lambda: b"\xff\xfe" + "x = 1 ~~|".encode("utf-16-le") + b"\x00"),
    "UTF-16 of halves": (".mdl", lambda: b"\xff\xfe" + b"\x00\xd8" * 100),
    "eight dimensions": (
        ".mdl",
        lambda: vensim(ranges(8, 1000) + f"x[{','.join(f'D{one}' for one in range(8))}] = 1 ~~|"),
    ),
    "three dimensions": (".mdl", lambda: vensim(ranges(3, 200) + "x[D0,D1,D2] = Time ~~|")),
    "a sum over two dimensions": (
        ".mdl",
        lambda: vensim(ranges(2, 3000) + "v[D0]=1 ~~|\nw[D1]=1 ~~|\nx = SUM(v[D0!]*w[D1!]) ~~|"),
    ),
    "a sum for each element": (
        ".mdl",
        lambda: vensim(ranges(1, 3000) + "E <-> D0 ~~|\nv[D0]=1 ~~|\nx[D0] = SUM(v[D0!]) ~~|"),
    ),
    "sums inside sums": (
        ".mdl",
        lambda: vensim(
            ranges(3, 300) + "u[D0]=1 ~~|\nv[D1]=1 ~~|\nw[D2]=1 ~~|\n"
            "x = SUM(u[D0!]*SUM(v[D1!]*SUM(w[D2!]*Time))) ~~|"
        ),
    ),
    "a range of a billion": (".mdl", lambda: vensim(ranges(1, 10**9) + "x[D0]=1 ~~|")),
    "a range of 1e26": (".mdl", lambda: vensim(ranges(1, 10**26) + "x[D0]=1 ~~|")),
    "a range of 5000 digits": (".mdl", lambda: vensim("D: (a1-a" + "9" * 5000 + ") ~~|\nx[D]=1 ~~|")),
    "a range backward": (".mdl", lambda: vensim("D: (a9-a1) ~~|\nx[D]=1 ~~|")),
    "a long span": (".mdl", lambda: timed("0", "1e15", "1", "1")),
    "an infinite span": (".mdl", lambda: timed("0", "1e308*10", "1", "1")),
    "many saves": (".mdl", lambda: timed("0", "15000000", "1", "1")),
    "a tiny step": (".mdl", lambda: timed("0", "1", "1e-300", "1")),
    "no step": (".mdl", lambda: timed("0", "1", "0", "1")),
    "a step back": (".mdl", lambda: timed("0", "1", "-1", "1")),
    "a tiny save period": (".mdl", lambda: timed("0", "1", "1", "1e-320")),
    "a step that changes": (".mdl", lambda: timed("0", "1", "MAX(1e-9, 1e-9*Time)", "1")),
    "a step too small for its time": (".mdl", lambda: timed("1e16", "1e16+10", "0.1", "1")),
    "macros that double": (".mdl", lambda: vensim_macros(30)),
    "a macro of itself": (
        ".mdl",
        lambda: vensim(":MACRO: M(a)\nM = M(a) ~~|\n:END OF MACRO:\nx = M(Time) ~~|"),
    ),
    "macros of each other": (
        ".mdl",
        lambda: vensim(
            ":MACRO: M(a)\nM = P(a) ~~|\n:END OF MACRO:\n"
            ":MACRO: P(a)\nP = M(a) ~~|\n:END OF MACRO:\nx = M(1) ~~|"
        ),
    ),
    "open macros": (".mdl", lambda: b":MACRO: a(b)\n" * 100_000),
    "dimensions in a circle": (".mdl", lambda: vensim("A: B, b1 ~~|\nB: C, c1 ~~|\nC: A ~~|\nx[A]=1 ~~|")),
    "a dimension of itself": (".mdl", lambda: vensim("A: A ~~|\nx[A]=1 ~~|")),
    "aliases in a circle": (".mdl", lambda: vensim("A <-> B ~~|\nB <-> A ~~|\nx[A]=1 ~~|")),
    "a chain of aliases": (
        ".mdl",
        lambda: vensim(
            "D0: a,b ~~|\n"
            + "".join(f"D{one + 1} <-> D{one} ~~|\n" for one in range(3000))
            + "x[D3000]=1 ~~|"
        ),
    ),
    "dimensions that double": (
        ".mdl",
        lambda: vensim(
            "D0: a,b ~~|\n"
            + "".join(f"D{one + 1}: D{one}, D{one} ~~|\n" for one in range(40))
            + "x[D40]=1 ~~|"
        ),
    ),
    "mappings in a circle": (
        ".mdl",
        lambda: vensim("A: a1,a2 -> B ~~|\nB: b1,b2 -> A ~~|\nx[A]=1 ~~|\ny[B]=x[A] ~~|"),
    ),
    "a chain of equations": (".mdl", lambda: vensim(chain(DEEP, "Time"))),
    "a chain of constants": (".mdl", lambda: vensim(chain(DEEP, "1"))),
    "a chain to an order": (".mdl", lambda: vensim(chain(DEEP, "3") + "y = DELAY N(Time,5,0,x0) ~~|")),
    "a long circle": (".mdl", lambda: vensim(chain(DEEP, "x0"))),
    "everything needs everything": (
        ".mdl",
        lambda: vensim(
            "".join(
                f"x{one} = {'+'.join(f'x{two}' for two in range(one + 1, 200))} ~~|\n" for one in range(199)
            )
            + "x199 = Time ~~|"
        ),
    ),
    "a lookup of 100,000 points": (
        ".mdl",
        lambda: vensim("t(" + ",".join(f"({one},{one})" for one in range(100_000)) + ") ~~|\nx=t(Time) ~~|"),
    ),
    "infinite points": (".mdl", lambda: vensim("t((0,1e999),(1,2)) ~~|\nx=t(Time) ~~|")),
    "no points": (".mdl", lambda: vensim("t() ~~|\nx=t(Time) ~~|")),
    "lookups of no number": (
        ".mdl",
        lambda: vensim(
            "t((0,1),(1,2)) ~~|\nx=t(0/0*Time)+LOOKUP INVERT(t,0/0)+LOOKUP AREA(t,0/0,1e308*10) ~~|"
        ),
    ),
    "many rows": (".mdl", lambda: vensim("D: (a1-a100000) ~~|\nx[D] = " + "1," * 99_999 + "1 ~~|")),
    "a large matrix": (
        ".mdl",
        lambda: vensim(
            "D: (a1-a100) ~~|\nE<->D ~~|\nm[D,E]=IF THEN ELSE(D=E,1,0) ~~|\n"
            "y[D,E] = INVERT MATRIX(m[D,E],100) ~~|"
        ),
    ),
    "a singular matrix": (
        ".mdl",
        lambda: vensim("D: a,b ~~|\nE: c,d ~~|\nm[D,E]=0*Time ~~|\ny[D,E] = INVERT MATRIX(m[D,E],2) ~~|"),
    ),
    "many exceptions": (
        ".mdl",
        lambda: vensim(
            ranges(2, 200)
            + "x[D0,D1] :EXCEPT: "
            + ",".join(f"[a0q{one},D1]" for one in range(1, 201))
            + " = 1 ~~|\nx[D0,D1]=2 ~~|"
        ),
    ),
    "too many equations": (
        ".mdl",
        lambda: ("{UTF-8}\n" + "".join(f"x{one}=1~~|" for one in range(100_001)) + CONTROL).encode(),
    ),
    "the same name again": (".mdl", lambda: vensim("x = 1 ~~|\n" * 20_000)),
    "errors everywhere": (".mdl", lambda: vensim("x = ) ~~|\n" * 20_000)),
    "unknown names": (".mdl", lambda: vensim("".join(f"x{one} = u{one} ~~|\n" for one in range(3000)))),
    "overflow": (".mdl", lambda: vensim("x = EXP(1000*Time) ~~|\ns = INTEG(s*1e200, 1e200) ~~|")),
    "elements out of sight": (
        ".mdl",
        lambda: vensim(
            "D:a,b ~~|\nv[D]=1,2 ~~|\nx = VECTOR ELM MAP(v[a],1e300*Time)+VECTOR ELM MAP(v[a],0/0) ~~|"
        ),
    ),
    **{
        f"Vensim: {name}": (".mdl", lambda right=right: vensim_of(right))  # type: ignore[misc]
        for name, right in (_DEEP_RIGHTS | _VENSIM_RIGHTS).items()
    },
}

XMILE: dict[str, Case] = {
    "elements in elements": (".xmile", lambda: b"<xmile>" + b"<a>" * DEEP + b"</a>" * DEEP + b"</xmile>"),
    "open elements": (".xmile", lambda: b"<xmile>" + b"<a>" * 1_000_000),
    "groups in groups": (".xmile", lambda: xmile('<group name="g">' * DEEP + aux("1") + "</group>" * DEEP)),
    "attributes": (
        ".xmile",
        lambda: ("<xmile " + " ".join(f'a{one}="1"' for one in range(200_000)) + "/>").encode(),
    ),
    "name spaces": (
        ".xmile",
        lambda: ("<xmile " + " ".join(f'xmlns:a{one}="u{one}"' for one in range(20_000)) + "/>").encode(),
    ),
    "an attribute of 10 MB": (".xmile", lambda: xmile(aux("1", "a" * LONG))),
    "an equation of 10 MB": (".xmile", lambda: xmile_of("1+" * (LONG // 2) + "1")),
    "a comment of 10 MB": (".xmile", lambda: xmile(f"{aux('1')}<!--{'a' * LONG}-->")),
    "10 MB of spaces": (".xmile", lambda: b"<xmile>" + b" " * LONG + b"</xmile>"),
    "a million elements": (".xmile", lambda: b"<xmile>" + b"<a/>" * 1_000_000 + b"</xmile>"),
    "a billion laughs": (".xmile", lambda: xmile(aux("&e9;"), head=LAUGHS)),
    "a billion laughs in a name": (".xmile", lambda: xmile(aux("1", "&e9;"), head=LAUGHS)),
    "quadratic entities": (".xmile", lambda: xmile(aux("&e;" * DEEP), head=QUADRATIC)),
    "an external entity": (
        ".xmile",
        lambda: xmile(aux("&e;"), head='<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
    ),
    "a parameter entity": (
        ".xmile",
        lambda: xmile(aux("1"), head='<!DOCTYPE d [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'),
    ),
    "an external DTD": (
        ".xmile",
        lambda: xmile(aux("1"), head='<!DOCTYPE d SYSTEM "http://localhost:1/d.dtd">'),
    ),
    "a zero byte": (".xmile", lambda: xmile_of("1\0")),
    "UTF-16 in XML": (
        ".xmile",
        lambda: (
            xmile(aux("1"), head='<?xml version="1.0" encoding="utf-16"?>').decode().encode("utf-16") + b"\0"
        ),
    ),
    "no encoding": (".xmile", lambda: xmile(aux("1"), head='<?xml version="1.0" encoding="klingon"?>')),
    "bytes of no encoding": (".xmile", lambda: xmile(aux("1", "é")).replace("é".encode(), b"\xff\xfe")),
    "a character of no code": (".xmile", lambda: xmile_of("&#x110000;&#0;")),
    "nothing": (".xmile", lambda: b""),
    "only a root": (".stmx", lambda: b"<xmile/>"),
    "another root": (".xml", lambda: b"<html/>"),
    "two roots": (".xmile", lambda: b"<xmile/><xmile/>"),
    "words for numbers": (".xmile", lambda: specs("abc", "x", "y")),
    "a step of zero": (".xmile", lambda: specs("0", "1", "0")),
    "a step of no number": (".xmile", lambda: specs("0", "1", "nan")),
    "a tiny step in XMILE": (".xmile", lambda: specs("0", "1", "1e-300")),
    "a long span in XMILE": (".xmile", lambda: specs("0", "1e15", "1")),
    "an infinite span in XMILE": (".xmile", lambda: specs("-inf", "inf", "1")),
    "many saves in XMILE": (".xmile", lambda: specs("0", "15000000", "1")),
    "the reciprocal of zero": (
        ".xmile",
        lambda: xmile(aux("1"), specs='<start>0</start><stop>1</stop><dt reciprocal="true">0</dt>'),
    ),
    "a method of no name": (".xmile", lambda: xmile(aux("1"), method="magic")),
    "a blow-up under RK45": (
        ".xmile",
        lambda: xmile(
            '<stock name="s"><eqn>1</eqn><inflow>f</inflow></stock><flow name="f"><eqn>s*s*s</eqn></flow>',
            method="rk45",
        ),
    ),
    "eight dimensions in XMILE": (
        ".xmile",
        lambda: xmile(
            '<aux name="a"><dimensions>'
            + "".join(f'<dim name="{name}"/>' for name in "BCDEFGHI")
            + "</dimensions><eqn>1</eqn></aux>",
            before=dimension("1000", names="BCDEFGHI"),
        ),
    ),
    **{
        f"a dimension of size {size[:12]}": (
            ".xmile",
            lambda size=size: xmile(array("a", "1"), before=dimension(size)),  # type: ignore[misc]
        )
        for size in ("1000000000", "9" * 5000, "-5", "2.5", "x", "")
    },
    "a dimension and a variable of one name": (
        ".xmile",
        lambda: xmile(array("D", "1"), before=dimension("2")),
    ),
    "positions out of sight": (
        ".xmile",
        lambda: xmile(
            array("v", "1") + aux("v[99]+v[0]+v[-1]+v[1e300]+v[TIME]+v[0/0]+v[TIME/0]"), before=dimension("9")
        ),
    ),
    "a slice backward": (
        ".xmile",
        lambda: xmile(array("v", "1") + aux("SUM(v[5:2])"), before=dimension("9")),
    ),
    "a sum for each element in XMILE": (
        ".xmile",
        lambda: xmile(array("v", "1") + array("w", "SUM(v[*])"), before=dimension("3000")),
    ),
    "sums inside sums in XMILE": (
        ".xmile",
        lambda: xmile(array("v", "1") + aux("SUM(v[*]*SUM(v[*]*SUM(v[*]*TIME)))"), before=dimension("300")),
    ),
    "a rank for each element": (
        ".xmile",
        lambda: xmile(array("v", "TIME*D") + array("w", "RANK(v,D)"), before=dimension("400")),
    ),
    "macros that double in XMILE": (".xmile", lambda: xmile_macros(30)),
    "a macro of itself in XMILE": (
        ".xmile",
        lambda: xmile(aux("M(TIME)"), after='<macro name="M"><parm>p</parm><eqn>M(p)</eqn></macro>'),
    ),
    "empty macros": (".xmile", lambda: xmile(aux("M(TIME)"), after='<macro name="M"/><macro/>')),
    "a module of itself": (
        ".xmile",
        lambda: xmile(
            '<module name="m"/>', after='<model name="m"><variables><module name="m"/></variables></model>'
        ),
    ),
    "modules of each other": (
        ".xmile",
        lambda: xmile(
            '<module name="m"/>',
            after='<model name="m"><variables><module name="n"/></variables></model>'
            '<model name="n"><variables><module name="m"/></variables></model>',
        ),
    ),
    "a module of no model": (".xmile", lambda: xmile('<module name="m"/>')),
    "a connection to itself": (
        ".xmile",
        lambda: xmile(
            '<module name="m"><connect to="i" from="m.i"/></module>',
            after='<model name="m"><variables><aux name="i" access="input"><eqn>1</eqn></aux></variables>'
            "</model>",
        ),
    ),
    **{
        f"graphical function {number}": (
            ".xmile",
            lambda gf=gf: xmile(f'<aux name="a"><eqn>TIME</eqn>{gf}</aux>'),  # type: ignore[misc]
        )
        for number, gf in enumerate(
            (
                "<gf/>",
                '<gf><xscale min="0" max="1"/><ypts>' + "1," * 200_000 + "1</ypts></gf>",
                '<gf><xscale min="0" max="1e999"/><ypts>1,2,nan</ypts></gf>',
                '<gf><xscale min="1" max="1"/><ypts>1</ypts></gf>',
                '<gf type="wobbly"><xscale min="0" max="1"/><ypts>1,2</ypts></gf>',
                "<gf><xpts>0,1,2</xpts><ypts>1,2</ypts></gf>",
                '<gf><xpts sep="">0,1,2</xpts><ypts sep="&#10;">1,2</ypts></gf>',
            )
        )
    },
    "a stock of nothing": (".xmile", lambda: xmile('<stock name="s"/>')),
    "flows of nothing": (
        ".xmile",
        lambda: xmile('<stock name="s"><eqn>1</eqn><inflow>p</inflow><outflow>q</outflow></stock>'),
    ),
    "a stock that flows into itself": (
        ".xmile",
        lambda: xmile('<stock name="s"><eqn>1</eqn><inflow>s</inflow><outflow>s</outflow></stock>'),
    ),
    **{
        f"a conveyor of {length}": (
            ".xmile",
            lambda length=length: xmile(  # type: ignore[misc]
                '<stock name="s"><eqn>1</eqn><inflow>i</inflow><outflow>o</outflow>'
                f'<conveyor><len>{length}</len></conveyor></stock><flow name="i"><eqn>1</eqn></flow>'
                '<flow name="o"/>'
            ),
        )
        for length in ("1e12", "0", "0/0", "-4", "1e999", "TIME")
    },
    "a queue of nothing": (
        ".xmile",
        lambda: xmile(
            '<stock name="s"><eqn>1</eqn><inflow>i</inflow><outflow>o</outflow><queue/></stock>'
            '<flow name="i"><eqn>0/0</eqn></flow><flow name="o"><eqn>-1e300</eqn></flow>'
        ),
    ),
    "stocks above zero of no number": (
        ".xmile",
        lambda: xmile(
            '<stock name="s"><eqn>1</eqn><outflow>o</outflow><non_negative/></stock>'
            '<flow name="o"><eqn>0/0</eqn><non_negative/></flow>'
        ),
    ),
    "no names": (".xmile", lambda: xmile("<aux><eqn>1</eqn></aux><stock/><flow/><gf/><module/><group/>")),
    "odd names": (
        ".xmile",
        lambda: xmile(
            "".join(aux("1", name) for name in ("", ".", "a.b", "&quot;", "\\n\\", "TIME", "\u200b"))
        ),
    ),
    "the same name again in XMILE": (".xmile", lambda: xmile(aux("1") * 10_000)),
    "errors everywhere in XMILE": (
        ".xmile",
        lambda: xmile("".join(aux(")", f"a{one}") for one in range(10_000))),
    ),
    "a chain in XMILE": (
        ".xmile",
        lambda: xmile(
            "".join(aux(f"a{one + 1}+1", f"a{one}") for one in range(DEEP)) + aux("TIME", f"a{DEEP}")
        ),
    ),
    "a long circle in XMILE": (
        ".xmile",
        lambda: xmile(
            "".join(aux(f"a{one + 1}+1", f"a{one}") for one in range(DEEP)) + aux("a0", f"a{DEEP}")
        ),
    ),
    **{
        f"XMILE: {name}": (".xmile", lambda right=right: xmile_of(right))  # type: ignore[misc]
        for name, right in (_DEEP_RIGHTS | _XMILE_RIGHTS).items()
    },
}
