// The claims table: chances as of the date chosen, outcomes only once they were known, filters.

import { shownChance } from "./format.js";
import { all, el, put, show } from "./page.js";
import { STATUS, chancesOf, claimStatus } from "./words.js";

const FIRST = 12;
let everything = false;

/** @param {import("./page.js").App} app */
export function startClaims(app) {
  if (!el("claims-table")) return;
  for (const key of /** @type {("by"|"kind"|"status")[]} */ (["by", "kind", "status"])) {
    const select = el(`claims-${key}`);
    app.names.choices[key] = Array.from(select.options, (/** @type {any} */ option) => option.value);
    select.addEventListener("change", () => app.set({ [key]: select.value }));
  }
  for (const link of all(".says a")) link.addEventListener("click", () => {
    app.set({ by: "", kind: "", status: "" });
    everything = true;
    drawClaims(app);
  });
  el("claims-all").addEventListener("click", () => {
    everything = !everything;
    drawClaims(app);
  });
}

/** @param {import("./page.js").App} app */
export function drawClaims(app) {
  const table = el("claims-table");
  if (!table) return;
  const { P, state } = app, day = app.day();
  let matched = 0;
  for (const body of table.tBodies) {
    const claim = P.claims[body.dataset.claim], status = claimStatus(claim, day);
    const fits = (!state.by || P.accounts[claim.account]?.id === state.by) && (!state.kind || claim.kind === state.kind) &&
      (!state.status || status === state.status);
    matched += fits ? 1 : 0;
    body.hidden = !fits || (!everything && matched > FIRST);
    const chip = body.querySelector(".chip");
    chip.dataset.status = status;
    put(chip.children[0], STATUS[status] ?? "○");
    put(chip.children[1], status[0].toUpperCase() + status.slice(1));
    body.classList.toggle("early", day < claim.made);
    if (claim.computed && !body.hidden) chancesOf(P, claim, state.date, day).forEach(({ values, sound }, i) => all("td:not([class])", body.rows[i]).forEach((cell, k) => {
      const known = sound[k] && values[k] >= 0;
      put(cell, known || values[k] < 0 ? shownChance(values[k]) : "not reliable");
      cell.style.cssText = known ? `--p:${values[k] / 10};--c:var(--a${k % 6})` : "";
    }));
  }
  for (const key of /** @type {("by"|"kind"|"status")[]} */ (["by", "kind", "status"])) el(`claims-${key}`).value = state[key];
  put(el("claims-count"), `${matched} of ${P.claims.length} claims`);
  const shown = everything ? matched : Math.min(matched, FIRST);
  put(el("claims-printed"), shown < P.claims.length ? `${shown} of ${P.claims.length} claims; the others stand on the page.` : "");
  put(el("claims-all"), everything ? `Show the first ${FIRST}` : `Show all ${matched} claims`);
  show(el("claims-all"), matched > FIRST);
}
