// Causes: pictures of what acts on what, and of one variable with its causes, its effects and its course.

import { isEnough } from "./asking.js";
import { drawCausal, SIGNS, startLighting } from "./causal.js";
import { integers } from "./decode.js";
import { draw, frameOf } from "./draw.js";
import { dayText, esc, letterOf, numberText, rangeText } from "./format.js";
import { isInForce } from "./inforce.js";
import { el, numberRow, put, putHtml, show, tableRow } from "./page.js";
import { ownOf } from "./state.js";
import { forecastOf, soundOn } from "./words.js";

/**
 * @typedef {{cause: number, effect: number, sign: number, measured: boolean, slow: boolean, start: boolean}} Link
 * @typedef {{name: string, boxes: number[], columns: number[], wide: number[], narrow: number[]}} Picture
 */

const KINDS = { s: "stock", f: "flow", a: "auxiliary", c: "constant", p: "uncertain constant", d: "dated input" };
const WORDS = ["moves nothing in the runs looked at", "more of it makes for more", "more of it makes for less", "it depends"];
const DAYS = 9;

/** @type {any} */
let C = null;
/** @type {Link[]} */
let links = [];
/** @type {Picture[]} */
let pictures = [];
/** @type {number[]} */
let group = [];
/** The picture shown while no variable is chosen. */
let part = 0;

/** @param {string} full @returns {number} the box of a variable */
const boxOf = (full) => C.names.findIndex((/** @type {string} */ name, /** @type {number} */ i) => name === full || C.elements[i].includes(full));

/** @param {number} i @returns {string} the kind of a box in words */
const kindOf = (i) => KINDS[/** @type {keyof KINDS} */ (C.kinds[i])];

/** @param {string} name @returns {number} the picture of a sector, 0 for the whole where sectors have no names */
const pictureOf = (name) => pictures.findIndex((p) => p.name === name);

/** @param {string} to a picture or a variable, by its place @param {string} text @param {string} attributes @returns {string} what leads there, as HTML */
const goTo = (to, text, attributes = "") => `<button type="button" data-go="${to}"${attributes}>${esc(text)}</button>`;

/** @param {unknown} value @param {string} text @returns {string} as HTML */
const option = (value, text) => `<option value="${esc(value)}">${esc(text)}</option>`;

/** @param {import("./page.js").App} app tells what a link can chart and asks for it; before the link is read */
export function startCauses(app) {
  C = app.P.causes ?? null;
  if (!C || !el("causes")) return;
  group = integers(C.group);
  const flat = integers(C.links);
  links = [];
  for (let i = 0; i < flat.length; i += 3) {
    const code = flat[i + 2];
    links.push({ cause: flat[i], effect: flat[i + 1], sign: code & 3, measured: (code & 4) > 0, slow: (code & 8) > 0, start: (code & 16) > 0 });
  }
  pictures = C.pictures.map((/** @type {any} */ p) => ({ ...p, boxes: integers(p.boxes), wide: integers(p.wide), narrow: integers(p.narrow) }));
  app.names.choices.sector = pictures.map((p) => p.name);
  app.names.causes = C.names.flatMap((/** @type {string} */ name, /** @type {number} */ i) => (C.elements[i].length ? C.elements[i] : [name]));
  const charted = new Set((app.P.live?.variables ?? []).map((/** @type {any} */ v) => v.name));
  app.wishes.push(() => (charted.has(app.state.cause) ? { variables: [app.state.cause] } : {}));
  const set = (/** @type {string} */ cause, at = part) => { app.set({ cause, sector: pictures[at].name }); drawCauses(app); };
  const choose = (/** @type {number} */ i) => set(C.elements[i][0] ?? C.names[i]);
  const go = el("causes-go");
  go.insertAdjacentHTML("beforeend", C.groups.map((/** @type {string} */ name, /** @type {number} */ g) =>
    `<optgroup label="${esc(name || "Model")}">${C.names.map((/** @type {string} */ label, /** @type {number} */ i) => (group[i] === g ? option(i, label) : "")).join("")}</optgroup>`).join(""));
  go.addEventListener("change", () => (go.value === "" ? set("") : choose(Number(go.value))));
  el("cause-element").addEventListener("change", (/** @type {any} */ e) => set(e.target.value));
  el("causes").addEventListener("click", (/** @type {any} */ e) => {
    const box = e.target.closest("[data-key],[data-go]");
    if (!box) return;
    const [kind, place] = (box.dataset.key ?? box.dataset.go).split(" ");
    if (kind !== "g") { choose(Number(place)); return; }
    set("", Number(place));
    el("causes-crumbs").querySelector("[aria-current]").focus();
  });
  startLighting(el("causes-picture"));
}

/** @param {import("./page.js").App} app */
export function drawCauses(app) {
  if (!C || !el("causes")) return;
  const chosen = app.state.cause ? boxOf(app.state.cause) : -1;
  part = Math.max(pictureOf(C.groups[group[chosen]]), 0) || Math.max(pictureOf(app.state.sector), 0);
  const host = el("causes-picture"), width = Math.max(host.clientWidth, 280);
  const seen = chosen < 0 ? grid(host, pictures[part], width) : around(host, chosen, width);
  crumbs(chosen);
  el("causes-go").value = chosen < 0 ? "" : String(chosen);
  linkTable(seen);
  show(el("cause"), chosen >= 0);
  if (chosen >= 0) tellCause(app, chosen);
}

/** @param {number} chosen the way from the whole to what is shown */
function crumbs(chosen) {
  const here = ' aria-current="true"', step = (/** @type {number} */ place, /** @type {string} */ name) => goTo(`g ${place}`, name, chosen < 0 && place === part ? here : "");
  putHtml(el("causes-crumbs"), step(0, pictures.length > 1 ? "All sectors" : "Whole model") + (part ? step(part, pictures[part].name) : "") +
    (chosen < 0 ? "" : `<b${here}>${esc(C.names[chosen])}</b>`));
}

/** @param {any} host @param {Picture} picture @param {number} width @returns {Link[]} what it shows, as links */
function grid(host, picture, width) {
  const isPhone = width < 640, isSectors = pictures.length > 1 && picture === pictures[0];
  const columns = picture.columns[Number(isPhone)], cells = isPhone ? picture.narrow : picture.wide;
  const cell = width / columns, high = isPhone ? 104 : isSectors ? 124 : 98, rows = Math.max(...cells.map((c) => Math.floor(c / columns))) + 1;
  const key = (/** @type {number} */ i) => (isSectors ? "g " : "v ") + i, size = /** @type {[number, number]} */ ([Math.min(cell - (isPhone ? 26 : 44), 168), isPhone ? 56 : 46]);
  const placed = new Set(picture.boxes);
  const boxes = picture.boxes.map((i, n) => {
    const x = ((cells[n] % columns) + 0.5) * cell, y = (Math.floor(cells[n] / columns) + 0.5) * high;
    return isSectors ? { key: key(pictureOf(C.groups[i])), label: C.groups[i], note: " " + kindCounts(i), look: "sector", x, y }
      : { key: key(i), label: C.names[i], note: `, ${kindOf(i)}`, look: C.kinds[i], x, y };
  });
  let shown = links.filter((l) => l.cause !== l.effect && !(isSectors && group[l.cause] === group[l.effect]));
  shown = shown.filter((l) => (isSectors ? placed.has(group[l.cause]) && placed.has(group[l.effect]) : placed.has(l.cause) && placed.has(l.effect)));
  if (!isSectors) {
    drawCausal(host, boxes, shown.map((l) => ({ from: key(l.cause), to: key(l.effect), sign: l.sign, slow: l.slow })), width, rows * high, size);
    return shown;
  }
  /** @type {Map<string, {from: string, to: string, sign: number, width: number}>} */
  const among = new Map();
  const place = (/** @type {number} */ i) => key(pictureOf(C.groups[group[i]]));
  for (const l of shown) {
    const from = place(l.cause), to = place(l.effect), held = among.get(from + to) ?? { from, to, sign: 0, width: 0.8 };
    held.width = Math.min(held.width + 0.5, 7);
    among.set(from + to, held);
  }
  drawCausal(host, boxes, [...among.values()], width, rows * high, size);
  return shown;
}

/** @param {number} g @returns {string} */
function kindCounts(g) {
  const kinds = group.flatMap((own, i) => (own === g ? [C.kinds[i]] : [])), stocks = kinds.filter((k) => k === "s").length;
  const others = kinds.filter((k) => k === "f" || k === "a").length;
  return [stocks ? `${stocks} ${stocks > 1 ? "stocks" : "stock"}` : "", `${others} more`].filter(Boolean).join(", ");
}

/** @param {any} host @param {number} i @param {number} width @returns {Link[]} */
function around(host, i, width) {
  const isWide = width >= 900, columns = isWide ? 5 : 3, middle = isWide ? 2 : 1, cell = width / columns;
  const size = /** @type {[number, number]} */ ([Math.min(cell - (isWide ? 56 : 26), 168), isWide ? 46 : 58]), high = isWide ? 62 : 76;
  const others = (/** @type {Link} */ l) => l.cause !== l.effect;
  const before = links.filter((l) => l.effect === i && others(l)), after = links.filter((l) => l.cause === i && others(l));
  const causes = before.map((l) => l.cause), effects = after.map((l) => l.effect);
  const rest = (/** @type {number[]} */ near, /** @type {(l: Link) => number} */ inner, /** @type {(l: Link) => number} */ outer) => {
    const found = links.filter((l) => others(l) && near.includes(inner(l)) && outer(l) !== i && !near.includes(outer(l)) && !"c".includes(C.kinds[outer(l)]));
    const list = [...new Set(found.map(outer))].slice(0, Math.max(8, near.length));
    const middle = (/** @type {number} */ n) => { const at = found.filter((l) => outer(l) === n).map((l) => near.indexOf(inner(l))); return at.reduce((a, b) => a + b, 0) / at.length; };
    return { list: list.sort((a, b) => middle(a) - middle(b)), found: found.filter((l) => list.includes(outer(l))) };
  };
  const earlier = isWide ? rest(causes, (l) => l.effect, (l) => l.cause) : { list: [], found: [] };
  const later = isWide ? rest(effects, (l) => l.cause, (l) => l.effect) : { list: [], found: [] };
  const stacks = [...(isWide ? [earlier.list] : []), causes, [i], effects, ...(isWide ? [later.list] : [])];
  const height = Math.max(...stacks.map((s) => s.length), 3) * high;
  const boxes = stacks.flatMap((stack, c) => stack.map((n, row) => ({ key: `${"abcde"[c + 2 - middle]} ${n}`, label: C.names[n], note: `, ${kindOf(n)}`, look: C.kinds[n],
    x: (c + 0.5) * cell, y: ((row + 0.5) * height) / stack.length, now: n === i && c === middle })));
  const arrow = (/** @type {string} */ a, /** @type {string} */ b) => (/** @type {Link} */ l) => ({ from: `${a} ${l.cause}`, to: `${b} ${l.effect}`, sign: l.sign, slow: l.slow });
  drawCausal(host, boxes, [...earlier.found.map(arrow("a", "b")), ...before.map(arrow("b", "c")), ...after.map(arrow("c", "d")), ...later.found.map(arrow("d", "e"))], width, height, size);
  return [...before, ...after];
}

/** @param {Link[]} seen */
function linkTable(seen) {
  putHtml(el("link-table").tBodies[0], seen.map((l) =>
    tableRow(C.names[l.cause], [esc(C.names[l.effect]), `${SIGNS[l.sign]} ${WORDS[l.sign]}`, noteOf(l), l.measured ? "runs" : "equation"])).join(""));
}

/** @param {Link} l */
const noteOf = (l) => [l.slow ? "after a delay" : "", l.start ? "at the start only" : ""].filter(Boolean).join(", ");

/** @param {import("./page.js").App} app @param {number} i */
function tellCause(app, i) {
  put(el("cause-title"), C.names[i]);
  put(el("cause-kind"), [kindOf(i), C.units[i]].filter(Boolean).join(", in "));
  put(el("cause-doc"), C.docs[i]);
  put(el("cause-equation"), C.equations[i]);
  for (const [id, own, other] of /** @type {["cause-causes"|"cause-effects", "effect"|"cause", "cause"|"effect"][]} */ ([["cause-causes", "effect", "cause"], ["cause-effects", "cause", "effect"]])) {
    const items = links.filter((l) => l[own] === i).map((l) => `<li>${goTo(`v ${l[other]}`, l[other] === i ? "itself" : C.names[l[other]])} ${
      SIGNS[l.sign]} ${[WORDS[l.sign], noteOf(l)].filter(Boolean).join(", ")}</li>`);
    putHtml(el(id), items.join("") || `<li>Nothing${id === "cause-causes" ? ": it is given" : ""}.</li>`);
  }
  const select = el("cause-element"), elements = C.elements[i];
  show(select.parentNode, elements.length > 1);
  putHtml(select, elements.map((/** @type {string} */ name) => option(name, name)).join(""));
  select.value = app.state.cause;
  causeChart(app, i);
}

/** @param {import("./page.js").App} app @param {number} i */
function causeChart(app, i) {
  const { P } = app, name = app.state.cause, found = ownOf(app.answer?.variables ?? {}, name), plot = el("cause-plot");
  const constant = (P.live?.constants ?? []).find((/** @type {any} */ c) => c.name === name);
  show(el("cause-chart"), Boolean(found));
  put(el("cause-sentence"), found ? "" : constant ? assumed(P, constant) : "cpd".includes(C.kinds[i]) ? "The same in every account: see its equation."
    : !P.live ? "This page carries no model that could be run, so there is no chart." : app.wrong || "Running the model …");
  if (!found) return;
  const of = P.dates[app.base()] ?? null, sound = soundOn(P, of).map((ok, k) => ok && isEnough(app, k));
  const width = Math.max(plot.clientWidth, 280), small = width < 600, accounts = app.visible();
  const series = accounts.map((k) => ({ index: k, label: P.accounts[k].name, rows: found.accounts[k] ?? [], faint: !sound[k], end: found.accounts[k]?.[2]?.at(-1) ?? null }));
  /** @type {import("./draw.js").Chart} */
  const spec = { kind: "fan", w: width, h: small ? 240 : 320, x: found.days, series, asof: app.day(), ends: small ? "letters" : "names" };
  plot.innerHTML = draw(spec);
  put(el("cause-unit"), [frameOf(spec).word, C.units[i]].filter(Boolean).join(" ") || " ");
  const last = found.days.length - 1, days = [...Array(DAYS).keys()].map((n) => Math.round((n * last) / (DAYS - 1)));
  const cell = (/** @type {number} */ k, /** @type {number} */ d) => {
    const rows = found.accounts[k];
    return rows?.length ? rangeText(rows[2][d], rows[0][d], rows[4][d]) + (sound[k] ? "" : " not reliable") : "–";
  };
  const nearest = found.days.filter((/** @type {number} */ d) => d <= app.day()).length - 1;
  const said = accounts.map((k) => `${letterOf(k)} ${cell(k, Math.max(nearest, 0))}`).join("; ");
  put(el("cause-sentence"), `${name} on ${dayText(found.days[Math.max(nearest, 0)])}${forecastOf(P, isInForce(app), app.day(), of)}, median and 90% range: ${said}.`);
  putHtml(el("cause-table").tBodies[0], days.map((d) =>
    numberRow(dayText(found.days[d]), P.accounts.map((/** @type {any} */ _, /** @type {number} */ k) => cell(k, d)))).join(""));
}

/** @param {any} P @param {any} c @returns {string} what each account assumes of a constant */
function assumed(P, c) {
  const told = c.ranges.map((/** @type {number[]} */ r, /** @type {number} */ k) => `${letterOf(k)} ${r.length > 1 ? rangeText(r[1], r[0], r[2]) : numberText(r[0])}`);
  return `What each account assumed before any report, median and 90% range: ${told.join("; ")}.`;
}
