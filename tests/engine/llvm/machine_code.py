"""The least code there can be, and a call of it."""

import numpy as np

from realities.engine.llvm.native import Code

#: Adds 1 to eight numbers of the workspace; the second function does nothing.
ADD_ONE = """
define void @run(ptr %frame, i64 %first, i64 %end, ptr %w) {
  %x = load <8 x double>, ptr %w, align 8
  %y = fadd <8 x double> %x, splat (double 1.0)
  store <8 x double> %y, ptr %w, align 8
  ret void
}
define void @grid(ptr %frame) {
  ret void
}
"""


def add_one(code: Code) -> np.ndarray:
    numbers = np.zeros(8)
    code.run(0, 0, 1, numbers.ctypes.data)
    return numbers
