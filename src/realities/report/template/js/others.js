// Small multiples, weights over time, and the tables beside them.

import { draw, frameOf } from "./draw.js";
import { esc, numberText } from "./format.js";
import { soundFor, valueCell } from "./figure.js";
import { all, el, put, putHtml } from "./page.js";
import { newsOn, weighingOn } from "./words.js";

/** @param {import("./page.js").App} app */
export function startOthers(app) {
  const box = el("smalls");
  if (!box) return;
  putHtml(box, app.quantities.map((q) => `<button type="button"><b>${esc(q.data.title)}</b><span class="u"></span><span></span></button>`).join(""));
  all("button", box).forEach((button, i) => {
    button.addEventListener("click", () => {
      app.set({ show: app.keys[i] });
      all("#tabs [role=tab]")[i].focus({ preventScroll: true });
      el("figure").scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    });
  });
}

/** @param {import("./page.js").App} app */
export function drawOthers(app) {
  const { P } = app, accounts = app.visible();
  // All widths are read before anything is written: each reading after a writing lays the whole page out again.
  const buttons = all("#smalls button"), widths = buttons.map((button) => button.clientWidth);
  buttons.forEach((button, i) => {
    const q = app.quantities[i], which = app.which(q);
    if (which === "live" && !q.live) return; // a look while values move is of one quantity
    const sound = soundFor(app, q), width = Math.max(widths[i], 120), h = 120;
    button.setAttribute("aria-pressed", String(q.key === app.state.show));
    const days = q.days, series = accounts.map((k) => ({ index: k, rows: q.bands(which, k), faint: !sound[k] }));
    /** @type {import("./draw.js").Chart} */
    const chart = { kind: "small", w: width, h, x: days, series, n: 2, nx: width < 200 ? 2 : 3, asof: app.day(), right: 6, top: 8, bottom: 24, ticks: q.data.levels };
    put(button.children[1], q.unitLine(frameOf(chart).word));
    button.children[2].innerHTML = draw(chart);
  });
  drawWeights(app);
  const day = app.day();
  all("#overview-table tbody tr").forEach((row, i) => {
    const q = app.quantities[i], which = app.which(q), sound = soundFor(app, q);
    if (which === "live" && !q.live) return;
    P.accounts.forEach((/** @type {any} */ _, /** @type {number} */ k) => put(row.cells[k + 1], valueCell(q, which, k, day, sound[k])));
  });
  const fits = weighingOn(P, app.day()).fits, cell = (/** @type {number|null|undefined} */ v) => (v == null ? "–" : numberText(v));
  const rows = all("#fit-table tbody tr");
  fits.forEach((/** @type {any} */ fit, /** @type {number} */ k) => {
    [cell(fit.log_evidence), cell(fit.log_evidence_error), cell(fit.effective_draws), cell(fit.k_hat), fit.reliable ? "reliable" : "not reliable"]
      .forEach((text, i) => put(rows[i].cells[k + 1], text));
  });
}

/** @param {import("./page.js").App} app later dates are faint, or forgotten with the later reports */
function drawWeights(app) {
  const { P } = app, plot = el("weights-plot"), width = Math.max(plot.clientWidth, 280), small = width < 600;
  const dates = P.weighings.filter((/** @type {any} */ w) => app.state.late || w.day <= app.day());
  const series = app.visible().map((k) => {
    const row = dates.map((/** @type {any} */ w) => (w.fits[k].reliable ? w.weights[k] * 100 : null));
    return { index: k, label: P.accounts[k].name, rows: [row], end: row[row.length - 1] };
  });
  plot.innerHTML = !dates.length ? "" : draw({ kind: "steps", w: width, h: small ? 200 : 260, x: dates.map((/** @type {any} */ w) => w.day), series, ticks: [0, 25, 50, 75, 100],
    stale: dates.map((/** @type {any} */ w, /** @type {number} */ i) => newsOn(P, w.day, dates[i + 1]?.day ?? 0)),
    asof: app.day(), ends: small ? "letters" : "names", name: "Weight of each account in 100, by as-of date; the table below has the numbers." });
}
