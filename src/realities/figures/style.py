"""One look for every picture: the palette, the style rules of the charts' classes, and marks by shape.

Nothing comes in but a place in the display order. `draw.py` uses the classes; the report puts
`RULES` and the palette into its own style sheet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Colours by role. Account colours carry no flag and no judgement; a line pattern and a letter go with each.
#: The first five accounts keep their hue from light to dark.
LIGHT: Final[Mapping[str, str]] = {
    "a0": "#386de0", "a1": "#bc4a0b", "a2": "#5c2c45", "a3": "#66784f", "a4": "#996c8e", "a5": "#133b79",
    "page": "#fbfaf8", "card": "#ffffff", "ink": "#1c1e21", "ink2": "#55595f", "ink3": "#6b7076",
    "rule": "#dedbd5", "faint": "#eeece7", "focus": "#1a56db",
}  # fmt: skip
DARK: Final[Mapping[str, str]] = {
    "a0": "#4b9bf5", "a1": "#ee7a2a", "a2": "#ffbbca", "a3": "#7d8f62", "a4": "#b56394", "a5": "#bff794",
    "page": "#14161a", "card": "#1c1f24", "ink": "#eceae6", "ink2": "#b3b5b8", "ink3": "#9a9da2",
    "rule": "#363a41", "faint": "#272b31", "focus": "#8ab4ff",
}  # fmt: skip

N_COLOURS: Final = 6
SHAPES: Final = ("circle", "triangle", "square", "diamond", "plus", "cross", "wedge", "hexagon")

#: What classes look like; colours come from the custom properties named in `LIGHT` and `DARK`. These are all
#: that charts need which stand in a page before its script runs.
FIRST_RULES: Final = """\
.rl{display:block;overflow:visible}
.rl text{fill:var(--ink2);\
font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;\
font-variant-numeric:tabular-nums}
.rl .rl-rule{stroke:var(--faint);stroke-width:1}
.rl .rl-axis{stroke:var(--ink3);stroke-width:1}
.rl .rl-0{--c:var(--a0)}.rl .rl-1{--c:var(--a1)}.rl .rl-2{--c:var(--a2)}
.rl .rl-3{--c:var(--a3)}.rl .rl-4{--c:var(--a4)}.rl .rl-5{--c:var(--a5)}
.rl .rl-b9,.rl .rl-b5{fill:var(--c);stroke:none}
.rl .rl-b9{opacity:.13}.rl .rl-b5{opacity:.24}
.rl .rl-line{fill:none;stroke:var(--c);stroke-linejoin:round;stroke-width:2.3}
.rl .rl-line.rl-1{stroke-dasharray:7 3}.rl .rl-line.rl-2{stroke-dasharray:2 3}
.rl .rl-line.rl-3{stroke-dasharray:8 3 2 3}.rl .rl-line.rl-4{stroke-dasharray:3 3}
.rl .rl-line.rl-5{stroke-dasharray:12 4}
.rl .rl-line.rl-faint{opacity:.3}.rl .rl-line.rl-thin{stroke-width:1}
.rl .rl-lead{fill:none;stroke:var(--c);stroke-width:1;opacity:.6}
.rl text.rl-end{fill:var(--c);font-weight:600}
.rl text.rl-end.rl-4,.rl text.rl-now{fill:var(--ink)}
.rl text.rl-end,.rl text.rl-now{paint-order:stroke;stroke:var(--page);stroke-width:3px;stroke-linejoin:round}
.rl .rl-mark{fill:var(--card);stroke:var(--ink);stroke-width:1.3}
.rl .rl-span{stroke:var(--ink);stroke-width:1.3;opacity:.55}
.rl .rl-asof{stroke:var(--ink);stroke-width:1.3}
"""
#: The others: of charts that a page's script draws.
LATER_RULES: Final = """\
.rl .rl-bar{fill:var(--c);stroke:none}
.rl .rl-run{fill:none;stroke:var(--c);stroke-linejoin:round;stroke-width:.9;opacity:.38}
.rl .rl-late{fill:none;opacity:.4}
.rl .rl-dot{fill:var(--c);stroke:var(--c);stroke-width:1.5}
.rl .rl-dot.rl-open{fill:var(--page)}
.rl .rl-zone{fill:var(--faint);opacity:.7}
.rl .rl-guide{fill:none;stroke:var(--ink3);stroke-width:1.2;stroke-dasharray:4 3}
.rl .rl-could{stroke:var(--ink3);stroke-width:7;opacity:.38}
.rl text.rl-count{fill:var(--ink);paint-order:stroke;stroke:var(--page);stroke-width:3px}
"""
#: And of bars, which no page has.
RULES: Final = FIRST_RULES + LATER_RULES + ".rl .rl-track{fill:var(--faint)}\n"


def letter(index: int) -> str:
    """Return the badge letter of the account at a place in the display order: A, B, C, ..."""
    return chr(ord("A") + index % 26)


def shape_path(shape: str, x: float, y: float, r: float = 4.2) -> str:
    """Return the outline of a reporter's mark, centred on a point."""
    match shape:
        case "circle":
            return f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0"
        case "plus":
            return f"M{x - r:.1f} {y:.1f}h{2 * r}M{x:.1f} {y - r:.1f}v{2 * r}"
        case "cross":
            d = r * 0.8
            return f"M{x - d:.1f} {y - d:.1f}l{2 * d:.1f} {2 * d:.1f}m0 {-2 * d:.1f}l{-2 * d:.1f} {2 * d:.1f}"
    corners = {
        "triangle": ((0, -1.15), (1.05, 0.75), (-1.05, 0.75)),
        "wedge": ((0, 1.15), (1.05, -0.75), (-1.05, -0.75)),
        "square": ((-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)),
        "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
        "hexagon": ((-1.1, 0), (-0.55, -0.95), (0.55, -0.95), (1.1, 0), (0.55, 0.95), (-0.55, 0.95)),
    }[shape]
    return "M" + "L".join(f"{x + r * dx:.1f} {y + r * dy:.1f}" for dx, dy in corners) + "Z"


def palette(colours: Mapping[str, str]) -> str:
    """Return colours as custom properties, for a style rule."""
    return "".join(f"--{name}:{value};" for name, value in colours.items())
