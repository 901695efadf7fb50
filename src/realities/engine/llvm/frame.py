"""How compiled code is called: where a run keeps what the code reads and writes.

A kernel is two C functions. Draws lie along the last axis of every array, padded to whole vectors; a group
has several vectors, the last one those that are left.

    void run(const Frame *frame, int64 first_group, int64 end_group, double *workspace)
        runs some groups from the first step to the last; groups share nothing, so threads may take any
    void grid(const GridFrame *frame)
        computes what depends on time alone, for every step of one stage, a vector of steps at a time

All slots of a frame are 8 bytes, in the order of the fields below. `kernel/emit.py` writes code against
these, `simulator.py` fills them in.
"""

from __future__ import annotations

import ctypes
from typing import ClassVar


class Frame(ctypes.Structure):
    """What `run` reads and writes. D is the padded number of draws, K the number of the last step.

    | field | holds |
    |---|---|
    | `n_draws` | D, a multiple of the lanes of a vector |
    | `last_step` | K |
    | `n_columns` | T, the rows of `changing` from an output to the next where all have the same save points |
    | `parameters` | double (per-draw parameter, D), in the order of `Program.parameters` |
    | `uniforms` | double: the parameters that are equal for all draws, in their order, then the seed |
    | `draws` | double (D): the number of each draw |
    | `grid` | double (stage, K + 1, kept grid value): words as their bits, truths as 1.0 and 0.0 |
    | `lengths` | double (K + 1): length of each step; the last is not used |
    | `event_from` | int64 (K + 2): events due at step k stand from `event_from[k]` to `event_from[k + 1]` |
    | `event_slot`, `event_value` | int64, double: which constant gets which value |
    | `save_from` | int64 (K + 2): the same for the save points that step k gives to |
    | `save_row`, `save_share` | int64, double: which row of `changing`, and how much of the value |
    | `save_output`, `save_end` | int64: from which output to which; each has its row `n_columns` further |
    | `save_is_first` | int64: 1 where that share is stored, 0 where it is added to what is there |
    | `changing` | double (saved value, D): outputs not of `fixed`, `setup` or `grid`, at their times |
    | `constant` | double (output of `setup`, D) |
    | `failed` | uint8 (D): 1 where a value saved in `changing`, or a stock at the end, is not finite |
    | `functions` | addresses of the C functions that the code calls, in the order of `Emitted.functions` |
    """

    #: What the addresses point into, for as long as the frame is there.
    kept: object = None

    _fields_: ClassVar = [
        ("n_draws", ctypes.c_int64),
        ("last_step", ctypes.c_int64),
        ("n_columns", ctypes.c_int64),
        ("parameters", ctypes.c_void_p),
        ("uniforms", ctypes.c_void_p),
        ("draws", ctypes.c_void_p),
        ("grid", ctypes.c_void_p),
        ("lengths", ctypes.c_void_p),
        ("event_from", ctypes.c_void_p),
        ("event_slot", ctypes.c_void_p),
        ("event_value", ctypes.c_void_p),
        ("save_from", ctypes.c_void_p),
        ("save_row", ctypes.c_void_p),
        ("save_output", ctypes.c_void_p),
        ("save_end", ctypes.c_void_p),
        ("save_share", ctypes.c_void_p),
        ("save_is_first", ctypes.c_void_p),
        ("changing", ctypes.c_void_p),
        ("constant", ctypes.c_void_p),
        ("failed", ctypes.c_void_p),
        ("functions", ctypes.c_void_p),
    ]


class GridFrame(ctypes.Structure):
    """What `grid` reads and writes. N is K + 1 padded to whole vectors.

    `steps`, `step_times`, `times`: double (N), the number of each step, its time and that of the stage.
    `uniforms` and `functions`: as in `Frame`. `fixed_out`: double (output of `fixed`), or null.
    `out`: double (kept grid value, N).
    """

    _fields_: ClassVar = [
        ("n_steps", ctypes.c_int64),
        ("uniforms", ctypes.c_void_p),
        ("steps", ctypes.c_void_p),
        ("step_times", ctypes.c_void_p),
        ("times", ctypes.c_void_p),
        ("out", ctypes.c_void_p),
        ("fixed_out", ctypes.c_void_p),
        ("functions", ctypes.c_void_p),
    ]


def slot(structure: type[ctypes.Structure], name: str) -> int:
    """Return the place of a field, in units of 8 bytes."""
    return [field[0] for field in structure._fields_].index(name)
