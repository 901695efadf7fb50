// The largest flow through a network and a least cut of it, by shortest augmenting paths (Edmonds and Karp 1972).

/**
 * @param {number} n places, told by their number
 * @param {[number, number, number][]} edges from, to, capacity (not negative, finite)
 * @param {number} source @param {number} sink
 * @returns {{value: number, near: boolean[]}} the flow, and the places on the source's side of the least cut nearest to
 *   it: what crosses over to the others is the cut
 */
export function maxFlow(n, edges, source, sink) {
  // Arc 2i is edge i, arc 2i + 1 the way back.
  const head = edges.flatMap(([a, b]) => [b, a]), room = edges.flatMap((e) => [e[2], 0]);
  /** @type {number[][]} */
  const out = Array.from({ length: n }, () => []);
  edges.forEach(([a, b], i) => { out[a].push(2 * i); out[b].push(2 * i + 1); });
  const least = 1e-12 * Math.max(...edges.map((e) => e[2]), 0);
  let value = 0;
  for (;;) {
    /** @type {number[]} */
    const by = Array(n).fill(-1), queue = [source];
    const seen = Array(n).fill(false);
    seen[source] = true;
    for (const place of queue) {
      for (const arc of out[place]) {
        if (room[arc] <= least || seen[head[arc]]) continue;
        seen[head[arc]] = true;
        by[head[arc]] = arc;
        queue.push(head[arc]);
      }
    }
    if (!seen[sink]) return { value, near: seen };
    let add = Infinity;
    for (let at = sink; at !== source; at = head[by[at] ^ 1]) add = Math.min(add, room[by[at]]);
    for (let at = sink; at !== source; at = head[by[at] ^ 1]) { room[by[at]] -= add; room[by[at] ^ 1] += add; }
    value += add;
  }
}
