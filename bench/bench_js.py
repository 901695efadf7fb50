"""How long the JavaScript of a case's page takes, and how much text it is.

    python bench/bench_js.py [--case ukraine-2022] [--accounts 5] [--points 120] [--chunk 100] [draws ...]

A line for each number of draws an account (30 and 200): milliseconds of the processor in Node for all
accounts, those of the first time (a page that was just opened: nothing is optimized yet, and doing so counts)
and the least of seven, and trajectories a second. Every visible variable is computed, and kept at so many
points in time. Then how much text the model is and the functions it needs are, and how much when deflated.
"""

from __future__ import annotations

import argparse
import subprocess
import zlib

from realities.case.folder import Case, load_case
from realities.case.hidden import constant_value
from realities.engine.js.emit import library, source, to_be_given
from realities.engine.js.node import node
from realities.engine.js.places import CHUNK
from realities.engine.program.lower import lower
from realities.engine.program.program import Program
from realities.engine.timeline import control_names, even_timeline
from realities.ensemble import prior_draws

_SCRIPT = """
const model = (SOURCE)(LIBRARY), draws = DRAWS, counts = COUNTS, last = LAST;
const grid = { times: Float64Array.from(TIMES), lengths: Float64Array.from(LENGTHS) };
const keep = Int32Array.from({ length: POINTS }, (_, k) => Math.round((k * last) / (POINTS - 1)));
const out = new Float64Array(keep.length * model.outputs.length);
const events = model.events.map(() => ({ times: [], values: [] }));
const given = draws.map((account) => account.map((draw) => Float64Array.from(draw)));
const spent = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const all = (n) => {
  const begun = spent();
  for (const account of given) {
    for (let i = 0; i < n; i++) model.run(account[i % account.length], events, grid, keep, out, 0, i);
  }
  return spent() - begun;
};
for (const n of counts) {
  const times = Array.from({ length: 8 }, () => all(n)), least = Math.min(...times.slice(1));
  const speed = Math.round((n * given.length * 1000) / least);
  const taken = `first ${times[0].toFixed(0)} ms, then ${least.toFixed(0)} ms`;
  console.log(`${n} draws of ${given.length} accounts: ${taken}, ${speed} trajectories a second`);
}
"""


def program_of(case: Case) -> Program:
    """Return the program of every visible variable, all that accounts speak of and inputs being given."""
    model = case.model
    inputs = sorted({model[event.parameter].name for event in case.events})
    spoken = {model[name].name for account in case.accounts for name in case.priors(account.id)}
    outputs = [v.name for v in model.variables if not v.is_hidden and v.kind != "constant"]
    assert model.time.integrator != "rk45"
    return lower(
        model,
        outputs,
        hold={},
        events=to_be_given(inputs),
        given=dict.fromkeys(sorted(spoken | set(inputs)), True),
        method=model.time.integrator,
    )


def given_draws(case: Case, program: Program, n_accounts: int) -> list[list[list[float]]]:
    """Return fifty draws from the prior of each account, parameters in the order of the program."""
    found = []
    for account in case.accounts[:n_accounts]:
        draws = {
            case.model[name].name: v for name, v in prior_draws(case.priors(account.id), 50, seed=1).items()
        }
        default = [constant_value(case.model, one.name) or 0.0 for one in program.parameters]
        found.append(
            [
                [
                    float(draws[one.name][k]) if one.name in draws else value
                    for one, value in zip(program.parameters, default, strict=True)
                ]
                for k in range(50)
            ]
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("counts", metavar="draws", type=int, nargs="*", default=[30, 200])
    parser.add_argument("--case", default="ukraine-2022")
    parser.add_argument("--accounts", type=int, default=5)
    parser.add_argument("--points", type=int, default=120)
    parser.add_argument("--chunk", type=int, default=CHUNK)
    asked = parser.parse_args()
    path = node()
    if path is None:
        raise SystemExit("this needs Node, and no program named node was found")
    case = load_case(asked.case)
    program = program_of(case)
    timeline = even_timeline(
        case.model, *(constant_value(case.model, name) or 0.0 for name in control_names(case.model))
    )
    text, functions = source(program, chunk=asked.chunk), library(program)
    values = {
        "SOURCE": text,
        "LIBRARY": functions,
        "DRAWS": str(given_draws(case, program, asked.accounts)),
        "COUNTS": str(asked.counts),
        "LAST": str(timeline.lengths.size),
        "TIMES": str(timeline.times.tolist()),
        "LENGTHS": str(timeline.lengths.tolist()),
        "POINTS": str(asked.points),
    }
    script = _SCRIPT
    for name, value in values.items():
        script = script.replace(name, value)
    n_operations = sum(len(program.region(name)) for name in ("setup", "grid", "event", "core", "tail"))
    print(
        f"{asked.case}: {n_operations} operations, {len(program.stocks)} stocks, "
        f"{len(program.outputs)} outputs at {asked.points} of {timeline.times.size} steps"
    )
    print(
        subprocess.run([path, "-"], input=script, capture_output=True, check=True, text=True).stdout, end=""
    )
    for name, part in (("model", text), ("functions it needs", functions)):
        print(f"{name}: {len(part):,} bytes, {len(zlib.compress(part.encode(), 9)):,} deflated")


if __name__ == "__main__":
    main()
