"""Machine code: for which processors, in which tiers, and how long it lives."""

import gc
import os
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest
from machine_code import ADD_ONE, add_one

from realities.engine.llvm import native, targets
from realities.engine.llvm.cache import Cache
from realities.engine.llvm.native import Code, Kernel, compile_text
from realities.engine.llvm.targets import TARGETS, named, this_machine


def lorenz(n_steps: int) -> str:
    """Return a chaotic system in eight lanes: a difference in the last bit shows after 60 units of time."""
    return f"""
define void @run(ptr %frame, i64 %first, i64 %end, ptr %w) {{
entry:
  %py = getelementptr double, ptr %w, i64 8
  %pz = getelementptr double, ptr %w, i64 16
  %x0 = load <8 x double>, ptr %w, align 8
  %y0 = load <8 x double>, ptr %py, align 8
  %z0 = load <8 x double>, ptr %pz, align 8
  br label %step
step:
  %k = phi i64 [ 0, %entry ], [ %k1, %step ]
  %x = phi <8 x double> [ %x0, %entry ], [ %x1, %step ]
  %y = phi <8 x double> [ %y0, %entry ], [ %y1, %step ]
  %z = phi <8 x double> [ %z0, %entry ], [ %z1, %step ]
  %a = fsub <8 x double> %y, %x
  %b = fmul <8 x double> %a, splat (double 10.0)
  %c = fsub <8 x double> splat (double 28.0), %z
  %d = fmul <8 x double> %x, %c
  %e = fsub <8 x double> %d, %y
  %f = fmul <8 x double> %x, %y
  %g = fmul <8 x double> %z, splat (double 2.5)
  %h = fsub <8 x double> %f, %g
  %bh = fmul <8 x double> %b, splat (double 0.00390625)
  %eh = fmul <8 x double> %e, splat (double 0.00390625)
  %hh = fmul <8 x double> %h, splat (double 0.00390625)
  %x1 = fadd <8 x double> %x, %bh
  %y1 = fadd <8 x double> %y, %eh
  %z1 = fadd <8 x double> %z, %hh
  %k1 = add i64 %k, 1
  %more = icmp ult i64 %k1, {n_steps}
  br i1 %more, label %step, label %done
done:
  store <8 x double> %x1, ptr %w, align 8
  store <8 x double> %y1, ptr %py, align 8
  store <8 x double> %z1, ptr %pz, align 8
  ret void
}}
define void @grid(ptr %frame) {{
  ret void
}}
"""


def lorenz_in_numpy(start: np.ndarray, n_steps: int) -> np.ndarray:
    x, y, z = start
    for _ in range(n_steps):
        rates = (y - x) * 10.0, x * (28.0 - z) - y, x * y - z * 2.5
        x, y, z = (value + rate * 0.00390625 for value, rate in zip((x, y, z), rates, strict=True))
    return np.array([x, y, z])


def kernel(text: str = ADD_ONE, key: str = "k", **options: object) -> Kernel:
    options = {"machine": this_machine(), "cache": Cache(None), **options}
    return Kernel(key, lambda: (text, {"lanes": 8}), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", [None, "avx512", "avx2", "x86-64"])
@pytest.mark.parametrize("tier", ["quick", "optimized"])
def test_every_tier_and_target_gives_the_bits_of_numpy(target: str | None, tier: native.Tier) -> None:
    try:
        machine = this_machine(target)
    except ValueError:
        pytest.skip(f"this processor is not of the kind {target}")
    start = np.random.default_rng(3).uniform(1.0, 9.0, (3, 8))
    numbers = start.copy()
    Code(compile_text(lorenz(15_000), machine, tier), machine, tier).run(0, 0, 1, numbers.ctypes.data)
    np.testing.assert_array_equal(numbers, lorenz_in_numpy(start, 15_000))


@pytest.mark.parametrize("target", ["avx512", "avx2", "x86-64", "arm64"])
@pytest.mark.parametrize("tier", ["quick", "optimized"])
def test_code_can_be_written_for_processors_we_are_not_on(target: targets.Name, tier: native.Tier) -> None:
    code = compile_text(lorenz(10), named(target), tier)
    machine_number = int.from_bytes(code[18:20], "little")  # e_machine of an ELF file
    assert machine_number == (183 if target == "arm64" else 62)


def test_a_function_outlives_the_object_it_came_from() -> None:
    machine = this_machine()
    functions = []
    for _ in range(5):
        functions.append(Code(compile_text(ADD_ONE, machine, "quick"), machine, "quick").run)
        gc.collect()
    numbers = np.zeros(8)
    for function in functions:
        function(0, 0, 1, numbers.ctypes.data)
    np.testing.assert_array_equal(numbers, np.full(8, 5.0))


@pytest.mark.parametrize("tier", ["quick", "optimized"])
def test_code_that_uses_what_is_not_there_yet_is_refused_before_it_is_compiled(tier: native.Tier) -> None:
    wrong = """
define void @run(ptr %frame, i64 %first, i64 %end, ptr %workspace) {
  br i1 true, label %use, label %make
make:
  %made = getelementptr i8, ptr %frame, i64 8
  br label %use
use:
  store i64 1, ptr %made
  ret void
}
"""
    with pytest.raises(RuntimeError, match="dominate"):
        compile_text(wrong, this_machine(), tier)


def test_text_that_is_not_llvms_is_refused() -> None:
    with pytest.raises(RuntimeError, match="expected"):
        compile_text("define nonsense", this_machine(), "quick")


def test_code_that_calls_what_nobody_has_is_refused_and_does_not_end_the_process() -> None:
    text = ADD_ONE.replace("  ret void\n}\ndefine", "  call void @nobody()\n  ret void\n}\ndefine")
    machine = this_machine()
    code = compile_text(text + "declare void @nobody()\n", machine, "quick")
    with pytest.raises(RuntimeError):
        Code(code, machine, "quick")


def test_a_kernel_starts_quick_and_becomes_optimized_when_its_runs_are_long() -> None:
    found = kernel(lorenz(10))
    assert found.code.tier == "quick"
    found.note(seconds_run=found.compile_seconds)
    assert found.code.tier == "quick"
    found.note(seconds_run=0.0, seconds_to_come=100.0 * found.compile_seconds + 1.0)
    found.optimize()
    assert found.code.tier == "optimized"


def test_a_kernel_can_be_optimized_from_the_start() -> None:
    assert kernel(optimized=True).code.tier == "optimized"


def test_python_goes_on_while_llvm_compiles() -> None:
    lines = [f"  %v{k + 1} = fadd <8 x double> %v{k}, %v{max(0, k - 9)}" for k in range(4000)]
    text = ADD_ONE.replace("%x =", "%v0 =").replace(
        "  %y = fadd <8 x double> %x, splat (double 1.0)", "\n".join(lines)
    )
    text = text.replace("%y, ptr", "%v4000, ptr")
    code = Code(compile_text(ADD_ONE, this_machine(), "quick"), this_machine(), "quick")
    worker = threading.Thread(target=compile_text, args=(text, this_machine(), "optimized"))
    worker.start()
    calls = 0
    while worker.is_alive():
        add_one(code)
        calls += 1
    assert calls > 100


def test_threads_may_compile_and_run_at_once() -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(5):
                np.testing.assert_array_equal(add_one(kernel().code), np.ones(8))
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures


SCRIPT = """
import multiprocessing, os, sys
import numpy as np
from realities.engine.llvm.cache import Cache
from realities.engine.llvm.native import Kernel
from realities.engine.llvm.targets import this_machine

TEXT = {text!r}

def make():
    return Kernel("k", lambda: (TEXT, {{}}), machine=this_machine(), cache=Cache(None))

def use(kernel):
    numbers = np.zeros(8)
    kernel.code.run(0, 0, 1, numbers.ctypes.data)
    assert (numbers == 1.0).all()

def child(kernel=None):
    use(kernel or make())

def join(pid):
    sys.exit(os.waitpid(pid, 0)[1])

def run(process):
    process.start()
    process.join()
    sys.exit(process.exitcode)

if __name__ == "__main__":
    kernel = make()
    use(kernel)
    {action}
"""


@pytest.mark.parametrize(
    "action",
    [
        "kernel.note(1e9)  # ends while the optimized tier is being compiled",
        "sys.keep = kernel  # code is freed last of all",
        "kernel.note(1e9); pid = os.fork(); child(kernel if pid else None); pid and join(pid)",
        "process = multiprocessing.get_context('spawn').Process(target=child); run(process)",
        "process = multiprocessing.get_context('fork').Process(target=child); run(process)",
    ],
)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_process_ends_well_whatever_it_was_doing(action: str, tmp_path: object) -> None:
    script = tmp_path / "script.py"  # type: ignore[operator]
    script.write_text(textwrap.dedent(SCRIPT.format(text=ADD_ONE, action=action)))
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr


def test_the_best_kind_that_a_processor_has_all_of_is_chosen() -> None:
    avx2 = dict.fromkeys(["sse2", "avx2", "fma", "bmi2"], True)
    avx512 = avx2 | dict.fromkeys(["avx512f", "avx512dq", "avx512vl", "avx512bw", "avx512cd"], True)
    assert targets.kind("x86_64-unknown-linux-gnu", avx512) == "avx512"
    assert targets.kind("x86_64-unknown-linux-gnu", avx512 | {"avx512vl": False}) == "avx2"
    assert targets.kind("x86_64-pc-windows-msvc", {"sse2": True, "avx2": True}) == "x86-64"
    assert targets.kind("arm64-apple-darwin23", {}) == "arm64"
    assert targets.kind("riscv64-unknown-linux-gnu", {}) == "other"


def test_a_lesser_target_can_be_asked_for_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    if this_machine("x86-64" if this_machine().name != "arm64" else None).name == "arm64":
        pytest.skip("one kind of this processor only")
    monkeypatch.setenv("REALITIES_TARGET", "x86-64")
    assert this_machine().target == TARGETS["x86-64"]


@pytest.mark.parametrize(("wish", "words"), [("avx1024", "no target is named"), ("arm64", "cannot run code")])
def test_a_target_that_is_none_or_not_ours_is_refused(wish: str, words: str) -> None:
    if this_machine().name == wish:
        pytest.skip("we are on it")
    with pytest.raises(ValueError, match=words):
        this_machine(wish)
