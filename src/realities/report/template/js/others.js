// Small multiples, weights over time, and the tables beside them.

import { asofLine, axes, endLabels, fan, stepLine, svg, ticksFor } from "./draw.js";
import { numberText, shortName } from "./format.js";
import { soundFor, valueCell } from "./figure.js";
import { all, el, put } from "./page.js";
import { tickLabels } from "./scale.js";
import { weighingOn } from "./words.js";

/** @param {import("./page.js").App} app */
export function startOthers(app) {
  const box = el("smalls");
  if (!box) return;
  app.quantities.forEach((q, i) => {
    const button = document.createElement("button"), name = document.createElement("b"), unit = document.createElement("span"), plot = document.createElement("span");
    button.type = "button";
    name.textContent = q.data.title;
    unit.className = "u";
    button.append(name, unit, plot);
    button.addEventListener("click", () => {
      app.set({ show: q.key });
      const tab = all("#tabs [role=tab]")[i];
      tab.focus({ preventScroll: true });
      el("figure").scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    });
    box.append(button);
  });
}

/** @param {import("./page.js").App} app */
export function drawOthers(app) {
  const { P } = app, accounts = app.visible(), which = app.which();
  all("#smalls button").forEach((button, i) => {
    const q = app.quantities[i], width = Math.max(button.clientWidth, 120), h = 120;
    button.setAttribute("aria-pressed", String(q.key === app.state.show));
    const bands = accounts.map((k) => ({ label: "", index: k, q: q.bands(which, k), faint: !soundFor(app)[k] }));
    const ticks = ticksFor(bands.flatMap((b) => (b.q.length ? [b.q[0], b.q[4]] : [])), [], 2), { labels, word } = tickLabels(ticks);
    const f = { w: width, h, left: 12 + 7 * Math.max(...labels.map((l) => l.length)), right: 6, top: 8, bottom: 24,
      days: /** @type {[number, number]} */ ([q.days[0], q.days[q.days.length - 1]]), ticks };
    put(button.children[1], [word, q.data.unit].filter(Boolean).join(" ") || " ");
    button.children[2].innerHTML = svg(f.w, f.h, axes(f, { nx: width < 200 ? 2 : 3 }) + fan(f, q.days, bands, false) + asofLine(f, app.day(), false));
  });
  drawWeights(app);
  const day = app.day(), sound = soundFor(app);
  all("#overview-table tbody tr").forEach((row, i) => {
    P.accounts.forEach((/** @type {any} */ _, /** @type {number} */ k) => put(row.cells[k + 1], valueCell(app.quantities[i], which, k, day, sound[k])));
  });
  const fits = weighingOn(P, app.day()).fits, cell = (/** @type {number|null} */ v) => (v === null ? "–" : numberText(v));
  const rows = all("#fit-table tbody tr");
  fits.forEach((/** @type {any} */ fit, /** @type {number} */ k) => {
    [cell(fit.log_evidence), cell(fit.log_evidence_error), cell(fit.effective_draws), cell(fit.k_hat), fit.reliable ? "reliable" : "not reliable"]
      .forEach((text, i) => put(rows[i].cells[k + 1], text));
  });
}

/** @param {import("./page.js").App} app */
function drawWeights(app) {
  const { P } = app, plot = el("weights-plot"), width = Math.max(plot.clientWidth, 280), small = width < 600;
  const days = P.weighings.map((/** @type {any} */ w) => w.day), accounts = app.visible();
  const names = Math.max(0, ...accounts.map((k) => shortName(P.accounts[k].name).length + 2));
  const f = { w: width, h: small ? 200 : 260, left: 40, right: small ? 26 : Math.min(208, 20 + 7.4 * names), top: 26, bottom: 26,
    days: /** @type {[number, number]} */ ([days[0], days[days.length - 1]]), ticks: [0, 25, 50, 75, 100] };
  const lines = accounts.map((k) => ({ k, values: P.weighings.map((/** @type {any} */ w) => (w.fits[k].reliable ? w.weights[k] * 100 : null)) }));
  const ends = lines.flatMap(({ k, values }) => {
    const value = values[values.length - 1];
    return value === null ? [] : [{ label: P.accounts[k].name, index: k, value }];
  });
  plot.innerHTML = svg(f.w, f.h, axes(f) + lines.map(({ k, values }) => stepLine(f, days, values, k, app.day())).join("") +
    asofLine(f, app.day()) + endLabels(f, ends, !small), "Weight of each account in 100, by as-of date; the table below has the numbers.");
}
