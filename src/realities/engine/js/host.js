// Runs models under Node, many at once: what node.py starts.
//
// From the standard input come eight bytes (the length of a description, as a double), the description as JSON and
// numbers as doubles; to the standard output go numbers as doubles. A model is {library, source, jobs}; a job has
// one trajectory for each of its draws. Where the description has the name of an array, {at, size} says which of
// the numbers it is. Of each job come what is kept, then 1 or 0 for each draw that left the real numbers or did not.
"use strict";
const fs = require("fs");
const vm = require("vm");

const bytes = new Uint8Array(fs.readFileSync(0));
const length = new Float64Array(bytes.slice(0, 8).buffer)[0];
const models = JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString("utf8"));
const numbers = new Float64Array(bytes.slice(8 + length).buffer);

/** @param {{at: number, size: number}} array */
const read = ({ at, size }) => numbers.slice(at, at + size);

/** @type {Map<string, object>} */
const libraries = new Map();

const results = models.flatMap((/** @type {any} */ model) => {
  if (!libraries.has(model.library)) libraries.set(model.library, vm.runInThisContext(model.library));
  const runs = vm.runInThisContext(`"use strict";(${model.source})`)(libraries.get(model.library));
  return model.jobs.flatMap((/** @type {any} */ job) => {
    const grid = { times: read(job.times), lengths: read(job.lengths) }, keep = Int32Array.from(read(job.keep));
    const events = job.events.map((/** @type {{at: number, size: number}[]} */ [times, values]) => ({ times: read(times), values: read(values) }));
    const parameters = read(job.parameters), size = runs.parameters.length;
    const width = keep.length * runs.outputs.length;
    const out = new Float64Array(width * job.draws), failed = new Float64Array(job.draws);
    for (let i = 0; i < job.draws; i++) {
      const row = out.subarray(i * width, (i + 1) * width), given = parameters.subarray(i * size, (i + 1) * size);
      failed[i] = Number(runs.run(given, events, grid, keep, row, job.seed, job.first + i));
    }
    return [out, failed];
  });
});
for (const array of results) {
  const all = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  for (let done = 0; done < all.length; ) {
    try {
      done += fs.writeSync(1, all, done, Math.min(all.length - done, 65536));
    } catch (error) {
      if (/** @type {any} */ (error).code !== "EAGAIN") throw error;
    }
  }
}
