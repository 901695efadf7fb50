// What if: a slider for each constant with every account's range above it, switches, and dated inputs to hold.

import { isEnough, movesWeights } from "./asking.js";
import { at } from "./draw.js";
import { dayText, letterOf, numberText, shownWeight } from "./format.js";
import { conditions, isInForce, shownWeighing, valueText, warnings } from "./inforce.js";
import { all, el, put, putHtml, show } from "./page.js";
import { ownOf, slug } from "./state.js";
import { weightsShown } from "./words.js";

const STEPS = 100, ROW = 12, IN_VIEW = 6;

/** @typedef {{name: string, unit: string, text: string, low: number, high: number, log: boolean, ranges: number[][], switch: boolean}} Constant as live/schema.py says, and whether it is a switch */

/** @param {Constant} c @param {number} value @returns {number} 0 to 1 along its slider */
function shareOf(c, value) {
  const share = c.log ? Math.log(value / c.low) / Math.log(c.high / c.low) : (value - c.low) / (c.high - c.low);
  return Math.min(Math.max(share, 0), 1);
}

/** @param {Constant} c @param {number} share @returns {number} a value of three digits, or an end of the slider */
function valueAt(c, share) {
  if (share <= 0 || share >= 1) return share <= 0 ? c.low : c.high;
  return Number((c.log ? c.low * (c.high / c.low) ** share : c.low + (c.high - c.low) * share).toPrecision(3));
}

/** @param {import("./page.js").App} app @param {Constant} c @param {number} k @returns {number[]} its 90% range and median now, or the one number it is fixed at */
function rangeOf(app, c, k) {
  return app.P.ranges?.[c.name]?.[app.base()]?.[k] ?? c.ranges[k];
}

/** @param {import("./page.js").App} app @param {Constant} c @returns {number} where its slider rests: half way between the accounts' medians */
function restOf(app, c) {
  const medians = app.P.accounts.map((/** @type {any} */ _, /** @type {number} */ k) => shareOf(c, rangeOf(app, c, k)[c.ranges[k].length >> 1]));
  return (Math.min(...medians) + Math.max(...medians)) / 2;
}

/** @param {import("./page.js").App} app @param {"pins"|"held"} where @param {string} name @param {number|null} value null leaves it alone */
function setTo(app, where, name, value) {
  const { [name]: _, ...rest } = app.state[where];
  app.set({ [where]: value === null ? rest : { ...rest, [name]: value } });
}

/** @param {string} tag @param {Record<string, string>} attributes @param {(Node|string)[]} children @returns {any} */
function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** @param {import("./page.js").App} app */
export function startWhatIf(app) {
  const { P } = app;
  if (!P.live || !el("whatif")) return;
  const constants = /** @type {Constant[]} */ (P.live.constants);
  app.names.pins = constants.map((c) => c.name);
  app.names.held = P.live.inputs.map((/** @type {any} */ i) => i.name);
  for (const c of constants) app.names.limits[c.name] = [c.low, c.high];
  const rows = P.live.sliders.map((/** @type {number} */ i) => sliderRow(app, constants[i]));
  el("pins").append(...rows.slice(0, IN_VIEW));
  el("more-pins").append(...rows.slice(IN_VIEW));
  show(el("more-pins").parentElement, rows.length > IN_VIEW);
  put(el("more-count"), `${rows.length - IN_VIEW} more`);
  el("switches").append(...constants.filter((c) => c.switch).map((c) => switchRow(app, "pins", c, "As each has it")),
    ...P.live.inputs.map((/** @type {any} */ i) => (i.switch ? switchRow(app, "held", i, "As dated") : inputRow(app, i))));
  show(el("switches"), el("switches").children.length > 0);
  for (const button of all("[data-unpin]")) {
    button.addEventListener("click", () => {
      app.set({ pins: {}, held: {}, closed: [] });
      // The button goes; the focus goes where the page says what is in force no more.
      el(button.closest("#whatif") ? "whatif-title" : "reading").focus({ preventScroll: true });
    });
  }
}

/** What a link pins is in view, not folded away. @param {import("./page.js").App} app */
export function unfoldPinned(app) {
  if (all("#more-pins .pin").some((row) => ownOf(app.state.pins, row.constant.name) !== undefined)) el("more-pins").parentElement.open = true;
}

/** @param {import("./page.js").App} app @param {Constant} c */
function sliderRow(app, c) {
  const id = `pin-${slug(c.name)}`, label = make("label", { for: id }, c.name), value = make("output", { for: id, "aria-live": "off" });
  const x = make("button", { type: "button", class: "x", "aria-label": `Unpin ${c.name}` }, "×"), ranges = make("div", { class: "ranges" });
  const slider = make("input", { type: "range", id, min: "0", max: String(STEPS), step: "1" });
  slider.addEventListener("input", () => setTo(app, "pins", c.name, valueAt(c, slider.value / STEPS)));
  x.addEventListener("click", () => { setTo(app, "pins", c.name, null); slider.focus(); });
  const ends = make("p", { class: "ends", "aria-hidden": "true" }, make("span", {}, valueText(c, c.low)), make("span", {}, valueText(c, c.high)));
  const row = make("div", { class: "pin", "data-pin": c.name }, make("p", { class: "pin-head" }, label, value, x), ranges, slider, ends, aboutConstant(app, c));
  row.constant = c;
  return row;
}

/** @param {import("./page.js").App} app @param {Constant} c @returns {any} what its author wrote of it and each account's range, one click away */
function aboutConstant(app, c) {
  const rows = app.P.accounts.map((/** @type {any} */ a, /** @type {number} */ k) => make("li", {}, badgeOf(k), make("span", { class: "vh" }, a.name), " ", make("span", {})));
  return about(c.name, c.text || "The model says nothing more of it.", make("ul", {}, ...rows));
}

/** @param {string} name @param {string} text @param {Node[]} more @returns {any} what is said of a constant or an input, one click away */
function about(name, text, ...more) {
  return make("details", {}, make("summary", {}, "About", make("span", { class: "vh" }, ` ${name}`)), make("p", {}, text), ...more);
}

/** @param {number} k @returns {any} */
function badgeOf(k) {
  return make("span", { class: `badge c${k % 6}` }, letterOf(k));
}

/** @param {import("./page.js").App} app @param {"pins"|"held"} where @param {any} one a constant or an input @param {string} alone what leaves it alone */
function switchRow(app, where, one, alone) {
  const id = `hold-${slug(one.name)}`, name = make("p", { id, class: "of" }, one.name);
  const buttons = [alone, "Off", "On"].map((words, i) => make("button", { type: "button", "data-value": ["", "0", "1"][i] }, words));
  for (const button of buttons) button.addEventListener("click", () => setTo(app, where, one.name, button.dataset.value === "" ? null : Number(button.dataset.value)));
  const now = where === "pins"
    ? app.P.accounts.map((/** @type {any} */ _, /** @type {number} */ k) => `${letterOf(k)} ${one.ranges[k][0] ? "on" : "off"}`).join(", ")
    : one.changes.map((/** @type {number[]} */ c) => `${c[2] ? "on" : "off"} from ${dayText(c[0])}`).join(", ");
  return make("div", { class: "pin", [where === "pins" ? "data-switch" : "data-held"]: one.name }, name,
    make("div", { class: "seg", role: "group", "aria-labelledby": id }, ...buttons),
    about(one.name, [one.text, `Now: ${now}.`].filter(Boolean).join(" ")));
}

/** @param {import("./page.js").App} app @param {any} input one that takes other numbers than 0 and 1 */
function inputRow(app, input) {
  const id = `hold-${slug(input.name)}`, box = make("input", { type: "number", step: "any", id, placeholder: "as dated" });
  box.addEventListener("change", () => setTo(app, "held", input.name, box.value === "" || !Number.isFinite(Number(box.value)) ? null : Number(box.value)));
  const dated = input.changes.map((/** @type {number[]} */ c) => `${valueText(input, c[2])} from ${dayText(c[0])}`).join(", ");
  return make("div", { class: "pin", "data-held": input.name }, make("p", { class: "of" }, make("label", { for: id }, `Hold ${input.name} at`)), box,
    about(input.name, [input.text, `Now: ${dated}.`].filter(Boolean).join(" ")));
}

/** @param {import("./page.js").App} app what changes with every move */
export function drawWhatIf(app) {
  if (!app.P.live || !el("whatif")) return;
  const list = conditions(app), on = list.length > 0, { pins, held } = app.state;
  show(el("whatif-status"), on);
  put(el("whatif-values"), list.length > 3 ? `All what-if values: ${list.join("; ")}.` : ""); // the reading names three
  for (const node of all("[data-whatif]")) show(node, on);
  show(el("why"), !on);
  for (const row of all("[data-pin]")) {
    const c = row.constant, slider = row.querySelector("input"), value = ownOf(pins, c.name), pinned = value !== undefined;
    const text = value === undefined ? "" : valueText(c, value);
    put(row.querySelector("output"), text);
    show(row.querySelector(".x"), pinned);
    row.classList.toggle("pinned", pinned);
    const to = String(Math.round((value === undefined ? restOf(app, c) : shareOf(c, value)) * STEPS));
    if (slider.value !== to) slider.value = to;
    slider.style.setProperty("--fill", `${pinned ? (100 * Number(to)) / STEPS : 0}%`);
    slider.setAttribute("aria-valuetext", pinned ? `${text}, pinned for every account` : "not pinned, each account keeps its own range");
  }
  for (const row of all("[data-switch], [data-held]")) {
    const value = row.dataset.switch === undefined ? ownOf(held, row.dataset.held) : ownOf(pins, row.dataset.switch);
    for (const button of all("button", row)) button.setAttribute("aria-pressed", String(button.dataset.value === String(value ?? "")));
    const box = row.querySelector("input");
    if (box && box !== document.activeElement) box.value = String(value ?? "");
  }
  drawWeighed(app);
}

/** @param {import("./page.js").App} app weights with the what-if, as stated, and the draws they rest on */
function drawWeighed(app) {
  const { P, answer } = app, moved = movesWeights(app), table = el("whatif-weights");
  show(table.tBodies[0].rows[0], moved);
  put(el("whatif-look"), app.pending && answer ? "first look" : "");
  const say = isInForce(app) ? warnings(app).join(" ") : "";
  put(el("whatif-warning"), say);
  show(el("whatif-warning"), say !== "");
  if (!isInForce(app)) return;
  const w = shownWeighing(app), now = weightsShown(P, moved && answer ? answer.weights : w.weights), before = weightsShown(P, w.weights);
  const most = answer ? Math.max(...answer.accounts.map((one) => one.draws)) : 0;
  put(table.tBodies[0].rows[2].cells[0], most ? `effective draws, of ${most}` : "effective draws");
  P.accounts.forEach((/** @type {any} */ _, /** @type {number} */ k) => {
    const sound = w.fits[k].reliable, one = answer?.accounts[k];
    [sound && isEnough(app, k) ? shownWeight(now[k]) : "?", sound ? shownWeight(before[k]) : "?",
      !one ? "–" : one.draws === most ? String(Math.round(one.effective)) : `${Math.round(one.effective)} of ${one.draws}`]
      .forEach((text, i) => put(table.tBodies[0].rows[i].cells[k + 1], text));
  });
}

/** @param {import("./page.js").App} app the parts that wait until values rest: ranges, which follow the as-of date */
export function drawRanges(app) {
  if (!app.P.live || !el("whatif")) return;
  for (const row of all("[data-pin]")) {
    const c = row.constant, items = all("li", row), x = (/** @type {number} */ v) => at(100 * shareOf(c, v));
    const lines = app.P.accounts.map((/** @type {any} */ _, /** @type {number} */ k) => {
      const range = rangeOf(app, c, k), y = ROW * k + ROW / 2, from = x(range[0]), to = x(range[range.length - 1]), middle = x(range[range.length >> 1]);
      put(items[k].lastChild, range.length === 1 ? `${valueText(c, range[0])}, fixed` : `${valueText(c, range[1])} (${numberText(range[0])} to ${numberText(range[2])})`);
      const left = +from > 4.3, own = ` rl-${k % 6}`;
      return `<line class="rl-line${own}" x1="${from}%" x2="${to}%" y1="${y}" y2="${y}"/><circle class="rl-dot${own}" cx="${middle}%" cy="${y}" r="3"/><text class="rl-end${own}" x="${left ? from : to}%" dx="${left ? -6 : 7}" y="${y + 4}"${left ? ' text-anchor="end"' : ""}>${letterOf(k)}</text>`;
    }).join("");
    putHtml(row.querySelector(".ranges"), `<svg class="rl" width="100%" height="${ROW * items.length}" aria-hidden="true">${lines}</svg>`);
  }
}
