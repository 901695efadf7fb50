// Reporters and assumptions: what the reports published by the as-of date leave of them.

import { reportsOf } from "./decode.js";
import { dayText, grouped, numberText, rangeText } from "./format.js";
import { all, put, show } from "./page.js";
import { isOutdated, soundOn } from "./words.js";

/** @param {number[]|null} cell bias p5, p50, p95 and noise, either or both @returns {string} */
function foundText(cell) {
  if (!cell || !cell.length) return "–";
  const parts = [];
  if (cell.length >= 3) parts.push(`×${numberText(cell[1])}`, ...(numberText(cell[0]) === numberText(cell[2]) ? [] : [`${numberText(cell[0])} to ${numberText(cell[2])}`]));
  if (cell.length === 1 || cell.length === 4) parts.push(`noise ${numberText(cell[cell.length - 1])}`);
  return parts.join("\n");
}

/** @param {import("./page.js").App} app */
export function drawReporters(app) {
  const { P, state } = app, day = app.day(), of = P.dates[state.date] ?? null, sound = soundOn(P, of);
  for (const node of all("[data-older]")) {
    show(node, isOutdated(P, of, day));
    put(node, `Numbers from draws are those of ${dayText(of)}, the latest computed by ${dayText(day)}.`);
  }
  for (const table of all("table[data-quantity]")) {
    const i = Number(table.dataset.quantity), q = P.quantities[i];
    const reports = reportsOf(q).filter((r) => r.published <= day);
    let counted = 0;
    all("tbody tr", table).forEach((row, r) => {
      const own = reports.filter((report) => report.reporter === r).map((report) => report.happened);
      if (q.reporters[r].copies === null) counted += own.length;
      put(row.cells[1], String(own.length));
      put(row.cells[2], own.length ? `${dayText(Math.min(...own))}\nto ${dayText(Math.max(...own))}` : "none yet");
      const found = q.reporters[r].posterior[state.date] || [];
      P.accounts.forEach((/** @type {any} */ _, /** @type {number} */ k) => put(row.cells[k + 3], foundText(found[k]) + (found[k] && !sound[k] ? "\nnot reliable" : "")));
    });
    put(document.querySelector(`[data-count="${i}"]`), `${grouped(counted)} ${counted === 1 ? "report" : "reports"}`);
  }
  for (const details of all("[data-account-index]")) {
    const k = Number(details.dataset.accountIndex), account = P.accounts[k];
    all("[data-posterior]", details).forEach((cell, i) => {
      const v = account.assumptions[i].posterior[state.date];
      put(cell, v ? `${rangeText(v[1], v[0], v[2])}${sound[k] ? "" : " not reliable"}` : "–");
    });
  }
}
