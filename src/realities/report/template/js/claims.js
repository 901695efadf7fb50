// The claims table: chances as of the date chosen, outcomes only once they were known, filters.

import { integers } from "./decode.js";
import { shownChance } from "./format.js";
import { all, el, put, show } from "./page.js";
import { STATUS, claimStatus, isClosed, soundOn } from "./words.js";

const FIRST = 12;
let everything = false;

/** @param {import("./page.js").App} app */
export function startClaims(app) {
  if (!el("claims-table")) return;
  for (const key of /** @type {("by"|"kind"|"status")[]} */ (["by", "kind", "status"])) {
    el(`claims-${key}`).addEventListener("change", () => app.set({ [key]: el(`claims-${key}`).value }));
  }
  el("claims-all").addEventListener("click", () => {
    everything = !everything;
    drawClaims(app);
  });
}

/** @param {import("./page.js").App} app */
export function drawClaims(app) {
  const table = el("claims-table");
  if (!table) return;
  const { P, state } = app, day = app.day(), n = P.accounts.length;
  let matched = 0;
  for (const body of table.tBodies) {
    const claim = P.claims[body.dataset.claim], status = claimStatus(claim, day);
    const fits = (!state.by || P.accounts[claim.account]?.id === state.by) && (!state.kind || claim.kind === state.kind) &&
      (!state.status || status === state.status);
    matched += fits ? 1 : 0;
    body.hidden = !fits || (!everything && matched > FIRST);
    const chip = body.querySelector(".chip");
    chip.dataset.status = status;
    put(chip.children[0], STATUS[status][0]);
    put(chip.children[1], STATUS[status][1]);
    body.classList.toggle("early", day < claim.made);
    if (claim.computed && !body.hidden) chances(P, body, claim, state.date, day, n);
  }
  for (const key of /** @type {("by"|"kind"|"status")[]} */ (["by", "kind", "status"])) el(`claims-${key}`).value = state[key];
  put(el("claims-count"), `${matched} of ${P.claims.length} claims`);
  const shown = everything ? matched : Math.min(matched, FIRST);
  put(el("claims-printed"), shown < P.claims.length ? `${shown} of ${P.claims.length} claims; the others stand on the page.` : "");
  put(el("claims-all"), everything ? `Show the first ${FIRST}` : `Show all ${matched} claims`);
  show(el("claims-all"), matched > FIRST);
}

/** @param {any} P @param {any} body @param {any} claim @param {number} date @param {number} day @param {number} n accounts */
function chances(P, body, claim, date, day, n) {
  const none = Array(n).fill(-1), made = day >= claim.made;
  const row = (/** @type {string} */ text, /** @type {number} */ i) => (text && i >= 0 ? integers(text).slice(i * n, i * n + n) : none);
  const closed = made && isClosed(claim, day);
  const rows = [made ? row(claim.chance_made, 0) : none, closed ? row(claim.chance_last, 0) : none,
    made && !closed ? row(claim.chance, date) : none];
  const sound = [soundOn(P, claim.made), soundOn(P, claim.last_day), soundOn(P, day)];
  rows.forEach((values, i) => all("td:not([class])", body.rows[i]).forEach((cell, k) => {
    const known = sound[i][k] && values[k] >= 0;
    put(cell, known || values[k] < 0 ? shownChance(values[k]) : "not reliable");
    cell.style.cssText = known ? `--p:${values[k] / 10};--c:var(--a${k % 6})` : "";
  }));
}
