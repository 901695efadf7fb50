"""What `kernel/emit.py` gives: the text of a program's code, and what its caller must know of it.

It stands apart so that code found on disk can be called without a writer of code at hand (`compiled.py`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Emitted:
    """The text of a program's code, and what its caller must know.

    Attributes
    ----------
    text
        LLVM assembly that defines `run` and `grid`.
    lanes
        Draws in a vector, and steps that `grid` computes together: what arrays are padded to.
    group
        Draws in a group; the last one has as many as are left.
    grid_kept
        Values by number in the order of the grid's columns. One of several parts has as many columns.
    changing, constant, fixed
        Outputs, each value once, in the order of the frame's rows.
    functions
        Names of the C functions in the order of `Frame.functions`.
    workspace_base, workspace_per_step
        What `n_workspace` computes from.
    """

    text: str
    lanes: int
    group: int
    grid_kept: tuple[int, ...]
    changing: tuple[int, ...]
    constant: tuple[int, ...]
    fixed: tuple[int, ...]
    functions: tuple[str, ...]
    workspace_base: int
    workspace_per_step: int

    def n_workspace(self, last_step: int) -> int:
        """Return how many doubles each thread needs as a workspace, for a run to some step."""
        return self.workspace_base + self.workspace_per_step * (last_step + 3)
