// The main figure: tabs, chart, caption, table and list of reports of one quantity.

import { isEnough, whichRuns } from "./asking.js";
import { WEEK, moved } from "./cards.js";
import { dayAt, draw, frameOf, markValue, px, py, shapePath, thinned, ticksFor } from "./draw.js";
import { dayText, esc, letterOf, numberText, quantityText, rangeText } from "./format.js";
import { all, badge, el, numberRow, put, putHtml, show, sourceHtml } from "./page.js";
import { figureSentence, isOutdated, soundOn } from "./words.js";

/**
 * @typedef {{frame: import("./draw.js").Frame, marks: import("./draw.js").Mark[], accounts: number[]}} Panel
 */

/** What is drawn now, for the pointer and the exports. */
export const drawn = { panels: /** @type {Panel[]} */ ([]) };

/**
 * What each reporter of a quantity is to be divided by: the bias found for it as of the date of the curves, the median under
 * each account; of several accounts the middle one. 1 where none is found, or where a bias does not multiply.
 * @param {import("./page.js").App} app @param {import("./decode.js").Quantity} q @param {number[]} accounts places of those that are drawn together @returns {number[]}
 */
export function biases(app, q, accounts) {
  const date = app.base();
  return q.data.reporters.map((/** @type {any} */ reporter) => {
    const found = reporter.scale === "logit" ? [] : reporter.posterior[date] || [];
    const middles = accounts.flatMap((k) => (found[k] && found[k].length > 2 && found[k][1] > 0 ? [found[k][1]] : [])).sort((a, b) => a - b);
    const n = middles.length;
    return n ? (middles[(n - 1) >> 1] + middles[n >> 1]) / 2 : 1;
  });
}

/** @param {import("./page.js").App} app @param {number[]} accounts drawn together @returns {import("./draw.js").Mark[]} in order of publication; later ones last, or left out */
function marksOf(app, accounts) {
  const day = app.day(), q = app.quantity(), by = app.state.fixed ? biases(app, q, accounts) : [];
  const marks = q.reports.map((r) => {
    const over = (/** @type {number|null} */ v) => (v === null ? null : v / (by[r.reporter] ?? 1));
    return { day: r.happened, value: over(r.value), low: over(r.low), high: over(r.high), shape: r.reporter, late: r.published > day, report: r };
  });
  return marks.filter((m) => app.state.late || !m.late).sort((a, b) => Number(b.late) - Number(a.late));
}

/** @param {import("./page.js").App} app @param {import("./decode.js").Quantity} q @returns {boolean[]} whether what is drawn of each account is reliable; what it states at first always is */
export function soundFor(app, q = app.quantity()) {
  const sound = soundOn(app.P, app.of(q));
  return app.which(q) === "live" ? sound.map((ok, k) => ok && isEnough(app, k)) : sound;
}

/** @param {import("./page.js").App} app */
export function drawFigure(app) {
  const { P, state } = app, q = app.quantity(), which = app.which(), width = Math.max(el("plot").clientWidth, 280);
  const small = width < 600, accounts = app.visible(), from = whichRuns(app), runs = state.bands === "runs" && q.hasRuns(from), side = state.layout === "side";
  const own = (side ? accounts.map((k) => [k]) : [accounts]).map((drawn) => marksOf(app, drawn));
  const marks = own.flat(), sound = soundFor(app), kind = runs ? "runs" : "fan";
  /** @type {import("./draw.js").Series[]} */
  const series = accounts.map((k) => {
    const bands = q.bands(which, k);
    return { index: k, label: (sound[k] ? "" : "? ") + P.accounts[k].name, rows: runs ? q.runs(from, k) : bands, faint: !sound[k], end: bands[2]?.[bands[2].length - 1] };
  });
  const ticks = q.data.levels ?? ticksFor({ kind, series, marks, n: small ? 4 : 5 });
  /** @type {import("./draw.js").Chart} */
  const chart = { kind, w: width, h: small ? 240 : 440, x: runs ? q.runDays : q.days, span: [q.days[0], q.days[q.days.length - 1]],
    series, marks: own[0], ticks, asof: app.day(), ends: small ? "letters" : "names" };
  const whole = frameOf(chart), left = whole.left;
  const panel = (/** @type {import("./draw.js").Chart} */ c) => {
    const frame = frameOf(c);
    drawn.panels.push({ frame, marks: thinned(frame, c.marks ?? []), accounts: c.series.map((s) => s.index) });
    return draw(c);
  };
  drawn.panels = [];
  let html;
  if (side) {
    const columns = width >= 1000 ? Math.min(accounts.length, 5) : width >= 600 ? Math.min(accounts.length, 3) : 2;
    const gap = 8, cell = (width - gap * (columns - 1) - left) / columns, h = small ? 200 : columns > 3 ? 320 : 280;
    html = series.map((s, i) => {
      const k = s.index, bare = i % columns > 0, inset = bare ? 4 : left;
      const svg = panel({ ...chart, series: [s], marks: own[i], ends: "", nx: 3, bare, w: cell + (bare ? 0 : left), h, left: inset, top: 14 });
      return `<div><h3 style="padding-left:${inset}px">${badge(k)}${esc(P.accounts[k].name)}${sound[k] ? "" : " (not reliable)"}</h3>${svg}</div>`;
    }).join("");
    const tracks = Array.from({ length: columns }, (_, i) => `${(cell + (i ? 0 : left)).toFixed(1)}px`).join(" ");
    html = `<div class="panels" style="grid-template-columns:${tracks}">${html}</div>`;
  } else html = panel(chart);
  putHtml(el("plot-svg"), html);
  put(el("figure-title"), q.data.title);
  put(el("figure-unit"), q.unitLine(whole.word));
  put(el("figure-sentence"), figureSentence(P, q, which, app.day(), app.of(), sound));
  caption(app, runs, own[0]);
}

/** @param {import("./page.js").App} app @param {boolean} runs @param {import("./draw.js").Mark[]} marks */
function caption(app, runs, marks) {
  const q = app.quantity(), wanted = app.state.bands === "runs";
  let text = runs ? "Thin lines: 24 single runs per account; the label stands at the median." : "Line: median. Dark band: 50% of runs. Light band: 90%.";
  if (wanted && !runs) text += runsMissing(app);
  const weak = soundFor(app).flatMap((ok, k) => (ok || !app.visible().includes(k) ? [] : [letterOf(k)]));
  if (weak.length) text += ` Faint, ?: not reliable, ${weak.join(", ")}.`;
  const of = app.of();
  if (app.state.stated === "first") text += " As first stated: before any report.";
  else if (of === null) text += ` As first stated: no curves are known for ${dayText(app.day())} or before.`;
  else if (isOutdated(app.P, of, app.day())) text += ` Curves are those of ${dayText(of)}, the latest computed by ${dayText(app.day())}.`;
  if (q.data.note) text += " " + q.data.note;
  if (app.state.fixed) text += correction(app);
  put(el("figure-caption"), text);
  show(el("fixed-label"), biases(app, q, app.visible()).some((/** @type {number} */ by) => by !== 1));
  const used = Array.from(new Set(marks.map((m) => m.shape))).sort((a, b) => a - b);
  const html = used.map((r) => `<span class="key"><svg width="12" height="12" class="rl" aria-hidden="true"><path class="rl-mark" d="${
    shapePath(r, 6, 6)}"/></svg>${esc(q.data.reporters[r].name)}</span>`).join("");
  const count = drawn.panels.length ? drawn.panels[0].marks.length : 0;
  const note = count < marks.length ? `<span>${count} of ${marks.length} reports drawn; the list has all.</span>` : "";
  putHtml(el("figure-marks"), html + note);
}

/** @param {import("./page.js").App} app @returns {string} why no single runs are drawn */
function runsMissing(app) {
  const why = app.wrong ? "could not be computed" : app.P.live ? "are being computed"
    : "are not kept for this date";
  return ` Single runs ${why}.`;
}

/** @param {import("./page.js").App} app @returns {string} by what marks are divided, and whose finding that is */
function correction(app) {
  const q = app.quantity(), side = app.state.layout === "side", by = biases(app, q, app.visible());
  const told = q.data.reporters.flatMap((/** @type {any} */ reporter, /** @type {number} */ r) => (by[r] === 1 ? [] : [`${reporter.name} ×${numberText(Number(by[r].toPrecision(3)))}`]));
  if (!told.length) return " No bias is found for these reporters, so marks are as published.";
  return side ? " Marks are divided by the median bias found for each reporter, in each panel by that of its account."
    : ` Marks are divided by the bias found for each reporter, of the medians under the accounts drawn the middle one: ${told.join(", ")}.`;
}

/** @param {import("./page.js").App} app the parts that can wait until the reader stops moving */
export function drawFigureRest(app) {
  const q = app.quantity(), which = app.which(), first = q.days[0], last = q.days[q.days.length - 1];
  const sound = soundFor(app), days = new Set(Array.from({ length: 9 }, (_, i) => first + Math.floor(((last - first) * i) / 8 + 0.5)));
  days.add(Math.min(Math.max(app.day(), first), last));
  putHtml(el("figure-table").tBodies[0], Array.from(days).sort((a, b) => a - b).map((day) =>
    numberRow(dayText(day), sound.map((ok, k) => valueCell(q, which, k, day, ok)))).join(""));
  if (el("figure-reports").open) drawReports(app);
}

/** @param {import("./decode.js").Quantity} q @param {number|"live"} which @param {number} k @param {number} day @param {boolean} sound */
export function valueCell(q, which, k, day, sound = true) {
  const at = q.at(which, k, day);
  return at ? `${rangeText(at[2], at[0], at[4])}${sound ? "" : " not reliable"}` : "–";
}

/** @param {any} r @param {string} unit @returns {string} what a report says: its value, or the bounds it gives */
export function reportText(r, unit) {
  if (r.value !== null) {
    return quantityText(r.value, unit) + (r.low !== null && r.high !== null ? ` (${numberText(r.low)} to ${numberText(r.high)})` : "");
  }
  if (r.low !== null && r.high !== null) return `${numberText(r.low)} to ${quantityText(r.high, unit)}`;
  return r.low !== null ? `at least ${quantityText(r.low, unit)}` : `at most ${quantityText(r.high, unit)}`;
}

/** @param {import("./page.js").App} app */
function drawReports(app) {
  const { P } = app, q = app.quantity(), now = app.day();
  const rows = q.reports.filter((r) => app.state.late || r.published <= now).map((r) => {
    return `<tr${r.published > now ? ' class="later"' : ""}><td>${dayText(r.happened)}</td><td>${dayText(r.published)}${
      r.published > now ? " (later)" : ""}</td><td>${esc(q.data.reporters[r.reporter].name)}</td><td class="num">${
      esc(reportText(r, q.data.unit))}</td><td>${sourceHtml(P, r.source) || "–"}${
      P.notes[r.note] ? ` <small>${esc(P.notes[r.note])}</small>` : ""}</td></tr>`;
  });
  el("report-table").tBodies[0].innerHTML = rows.reverse().join("") || '<tr><td colspan="5">No report yet.</td></tr>';
}

/** @param {import("./page.js").App} app */
export function startFigure(app) {
  const tabs = all("#tabs [role=tab]"), plot = el("plot");
  const choose = (/** @type {number} */ i) => {
    app.set({ show: app.keys[i] });
    tabs[i].focus();
  };
  tabs.forEach((tab, i) => {
    tab.addEventListener("click", () => app.set({ show: app.keys[i] }));
    tab.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const n = tabs.length, to = { ArrowRight: (i + 1) % n, ArrowLeft: (i + n - 1) % n, Home: 0, End: n - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose(to);
    });
  });
  const more = el("all-tabs"), row = el("tabs");
  if (more) {
    more.addEventListener("click", () => clip(row.classList.contains("clipped")));
    row.addEventListener("focusin", (/** @type {FocusEvent} */ event) => {
      if (isClipped(/** @type {HTMLElement} */ (event.target))) clip(true);
    });
    clip(false);
  }
  for (const button of all("[data-set]")) {
    const [key, value] = button.dataset.set.split("=");
    button.addEventListener("click", () => app.set({ [key]: value }));
  }
  for (const button of all("[data-account]")) {
    button.addEventListener("click", () => {
      const id = button.dataset.account, hide = app.state.hide.filter((h) => h !== id);
      if (hide.length === app.state.hide.length) hide.push(id);
      // The last account drawn stays: an empty chart says nothing.
      if (hide.length < app.P.accounts.length) app.set({ hide });
    });
  }
  el("late").addEventListener("change", () => app.set({ late: el("late").checked }));
  el("fixed").addEventListener("change", () => app.set({ fixed: el("fixed").checked }));
  el("figure-reports").addEventListener("toggle", () => drawFigureRest(app));
  plot.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const to = event.target === plot && !/Up|Down/.test(event.key) ? moved(app.stops, app.day(), event.key, WEEK) : null;
    if (to === null) return;
    event.preventDefault();
    app.set({ day: to });
  });
  plot.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => hover(app, event));
  plot.addEventListener("pointerleave", () => hover(app, null));
  plot.addEventListener("click", (/** @type {MouseEvent} */ event) => pick(app, event));
}

/** @param {HTMLElement} tab @returns {boolean} whether it lies below the rows that are in sight */
function isClipped(tab) {
  return tab.offsetTop - el("tabs").offsetTop + tab.offsetHeight > el("tabs").clientHeight + 8;
}

/** @param {boolean} open whether every quantity has its tab in sight, or the first two rows of them */
function clip(open) {
  el("tabs").classList.toggle("clipped", !open);
  el("tabs").scrollTop = 0;
  el("all-tabs").setAttribute("aria-expanded", String(open));
  show(el("all-tabs").parentElement, open || el("tabs").scrollHeight > el("tabs").clientHeight + 4);
}

/** @param {import("./page.js").App} app the controls, as the state has them */
export function drawControls(app) {
  const { state } = app;
  all("#tabs [role=tab]").forEach((tab, i) => {
    const on = app.keys[i] === state.show;
    if ((tab.getAttribute("aria-selected") === "true") !== on) {
      tab.setAttribute("aria-selected", String(on));
      if (on) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 40;
      if (on && el("all-tabs") && isClipped(tab)) clip(true);
    }
    tab.tabIndex = on ? 0 : -1;
  });
  for (const button of all("[data-set]")) {
    const [key, value] = button.dataset.set.split("=");
    button.setAttribute("aria-pressed", String(/** @type {any} */ (state)[key] === value));
    if (value === "over") button.disabled = app.P.accounts.length > 6;
  }
  for (const button of all("[data-account]")) button.setAttribute("aria-pressed", String(!state.hide.includes(button.dataset.account)));
  el("late").checked = state.late;
  el("fixed").checked = state.fixed;
}

/** @param {MouseEvent} event @returns {{panel: Panel, node: any, x: number, y: number}|null} the panel under the pointer */
function under(event) {
  const node = /** @type {Element} */ (event.target).closest("#plot-svg svg.rl");
  const panel = node ? drawn.panels[all("#plot-svg svg.rl").indexOf(node)] : undefined;
  if (!node || !panel) return null;
  const box = node.getBoundingClientRect(), scale = panel.frame.w / box.width;
  return { panel, node, x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
}

/** @param {Panel} panel @param {number} x @param {number} y @param {number} reach @returns {import("./draw.js").Mark|null} */
function nearMark(panel, x, y, reach) {
  let best = null, least = reach * reach;
  for (const m of panel.marks) {
    const v = markValue(m);
    if (v === null) continue;
    const away = (px(panel.frame, m.day) - x) ** 2 + (py(panel.frame, v) - y) ** 2;
    if (away < least) { least = away; best = m; }
  }
  return best;
}

/** @param {import("./page.js").App} app @param {PointerEvent|null} event */
function hover(app, event) {
  const card = el("hover"), at = event && under(event), f = at && at.panel.frame;
  all("#plot-svg .crosshair").forEach((line) => line.remove());
  if (!at || !f || at.x < f.left || at.x > f.w - f.right) { card.hidden = true; return; }
  const q = app.quantity(), which = app.which(), day = dayAt(f, at.x);
  at.node.insertAdjacentHTML("beforeend", `<path class="crosshair" d="M${at.x.toFixed(1)} ${f.top}V${f.h - f.bottom}"/>`);
  const sound = soundFor(app), rows = at.panel.accounts.map((k) =>
    `<tr><td>${badge(k)}</td><td>${valueCell(q, which, k, day, sound[k])}</td></tr>`).join("");
  const mark = nearMark(at.panel, at.x, at.y, 10);
  card.innerHTML = `<b>${dayText(day)}</b><table><tbody>${rows}</tbody></table>` + (mark ? `<p>${esc(markText(app, mark))}</p>` : "");
  card.hidden = false;
  const box = el("plot").getBoundingClientRect(), x = /** @type {PointerEvent} */ (event).clientX - box.left, y = /** @type {PointerEvent} */ (event).clientY - box.top;
  card.style.left = `${x + card.offsetWidth + 24 > box.width ? Math.max(0, x - card.offsetWidth - 16) : x + 16}px`;
  card.style.top = `${Math.max(0, Math.min(y - 20, box.height - card.offsetHeight))}px`;
}

/** @param {import("./page.js").App} app @param {import("./draw.js").Mark} mark @returns {string} */
function markText(app, mark) {
  const q = app.quantity(), r = mark.report;
  return `${q.data.reporters[r.reporter].name}: ${reportText(r, q.data.unit)} for ${dayText(r.happened)}, published ${dayText(r.published)}${mark.late ? ", after the as-of date" : ""}`;
}

/** @param {import("./page.js").App} app @param {MouseEvent} event a mark that is chosen says what it is and where it comes from */
function pick(app, event) {
  const at = under(event), mark = at && nearMark(at.panel, at.x, at.y, 14);
  if (!mark) return;
  const source = sourceHtml(app.P, mark.report.source), note = app.P.notes[mark.report.note];
  el("picked").innerHTML = esc(markText(app, mark)) + "." +
    (source && ` Source: ${source}.`) + (note ? ` Note: ${esc(note)}.` : "");
  show(el("picked"), true);
}
