"""Whether a predicate holds in each draw, and by how much.

In come a `Predicate` and the trajectories of its atoms; out go truth and robustness, one of each
per draw. The nodes are in `predicate_nodes.py`, the parser in `predicate_parser.py`.
"""

from __future__ import annotations

from realities.case.predicate_nodes import Atom, Intervention, Predicate

__all__ = ["Atom", "Intervention", "Predicate"]
