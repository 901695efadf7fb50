// What the page gives away: pictures, tables, data, links. Nothing leaves the computer by itself.

import { movesWeights } from "./asking.js";
import { integers, reportsOf } from "./decode.js";
import { drawn, soundFor } from "./figure.js";
import { dayText, esc, isoText, letterOf, shownChance, shownWeight } from "./format.js";
import { conditionsSentence, shownWeighing, soundWeights } from "./inforce.js";
import { all, el, say } from "./page.js";
import { statedOn } from "./state.js";
import { chancesOf, claimStatus, weightsShown } from "./words.js";

const LEVELS = ["p05", "p25", "p50", "p75", "p95"];

/** @param {unknown} value @returns {string} one field; text that a spreadsheet would run as a formula is kept text */
export function csvField(value) {
  if (value === null || value === undefined) return "";
  let text = String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = "'" + text;
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/** @param {unknown[][]} rows @returns {string} */
const csv = (rows) => rows.map((row) => row.map(csvField).join(",")).join("\r\n") + "\r\n";

/** @param {import("./page.js").App} app @param {any[][]} rows @param {boolean} within @returns {any[][]} with a column that says which what-if values are in the numbers, or that they are not */
function stamped(app, rows, within) {
  const what = conditionsSentence(app);
  return what ? rows.map((row, i) => [...row, i ? (within ? what : `not in these numbers: ${what}`) : "what_if"]) : rows;
}

/** @param {number} value @returns {number} without the tail of a binary fraction */
const tidy = (value) => Number(value.toPrecision(6));

/** @param {import("./page.js").App} app @param {import("./decode.js").Quantity} [q] @returns {string} the date of the curves shown, which may be before the as-of day; empty for those before any report */
function computedAsOf(app, q) {
  const of = q || app.quantities.length ? app.of(q) : null;
  return of === null ? "" : isoText(of);
}

/** @param {import("./page.js").App} app @param {import("./decode.js").Quantity[]} quantities @returns {string} */
export function curvesCsv(app, quantities) {
  const rows = [["quantity", "unit", "as_of", "computed_as_of", "stated", "date", "account", ...LEVELS, "reliable"]];
  for (const q of quantities) {
    const which = app.which(q), sound = soundFor(app, q);
    app.P.accounts.forEach((/** @type {any} */ account, /** @type {number} */ k) => {
      const bands = q.bands(which, k);
      if (!bands.length) return;
      q.days.forEach((day, i) => rows.push([q.key, q.data.unit, isoText(app.day()), computedAsOf(app, q), app.state.stated, isoText(day), account.id,
        .../** @type {any[]} */ (bands.map((row) => tidy(row[i]))), /** @type {any} */ (sound[k])]));
    });
  }
  return csv(stamped(app, rows, Boolean(quantities.length) && app.which() === "live"));
}

/** @param {import("./page.js").App} app @returns {string} reports published by the as-of date, copies included and told */
function reportsCsv(app) {
  const keys = Object.keys(app.P.sources), rows = [["quantity", "unit", "happened", "published", "value", "low", "high", "reporter", "copies", "source", "note"]];
  for (const q of app.P.quantities) {
    for (const r of reportsOf(q)) {
      if (r.published > app.day()) continue;
      rows.push([q.key, q.unit, isoText(r.happened), isoText(r.published), /** @type {any} */ (r.value), /** @type {any} */ (r.low),
        /** @type {any} */ (r.high), q.reporters[r.reporter].name, q.reporters[r.reporter].copies, keys[r.source], app.P.notes[r.note]]);
    }
  }
  return csv(stamped(app, rows, false));
}

/** @param {import("./page.js").App} app @returns {string} */
function claimsCsv(app) {
  const { P, state } = app, day = app.day();
  const rows = [["id", "by", "by_name", "kind", "says", "source", "locator", "made", "deadline", "status", "account", "when_made", "last_while_open", "now"]];
  for (const c of P.claims) {
    const chances = chancesOf(P, c, state.date, day);
    P.accounts.forEach((/** @type {any} */ a, /** @type {number} */ k) => rows.push([c.id, P.accounts[c.account]?.id ?? c.by, c.by, c.kind, c.says, c.source, c.locator, isoText(c.made),
      c.deadline === null ? "" : isoText(c.deadline), claimStatus(c, day), a.id, ...chances.map(({ values, sound }) => (values[k] < 0 ? "" : shownChance(values[k]) + (sound[k] ? "" : " not reliable")))]));
  }
  return csv(stamped(app, rows, false));
}

/** @param {import("./page.js").App} app @returns {string} weights as numbers, and in 100 as the page shows them */
function weightsCsv(app) {
  const { P, answer } = app, rows = [["as_of", "reports", "account", "weight", "in_100", "reliable"]];
  const tell = (/** @type {any[][]} */ to, /** @type {any} */ w, /** @type {number[]} */ weights, /** @type {boolean[]} */ sound, /** @type {string[]} */ ...more) => {
    const shown = weightsShown(P, weights);
    P.accounts.forEach((/** @type {any} */ a, /** @type {number} */ k) => to.push([isoText(w.day), w.used, a.id, tidy(weights[k]), shownWeight(shown[k]), sound[k], ...more]));
  };
  for (const w of P.weighings) if (w.day <= app.day()) tell(rows, w, w.weights, w.fits.map((/** @type {any} */ fit) => fit.reliable));
  const table = stamped(app, rows, false);
  if (answer && movesWeights(app)) tell(table, shownWeighing(app), answer.weights, soundWeights(app), conditionsSentence(app));
  return csv(table);
}

/** @param {import("./page.js").App} app @returns {string} the whole payload with its curves as numbers */
function everythingJson(app) {
  const { P } = app;
  const named = (/** @type {any} */ which, /** @type {any} */ q) => Object.fromEntries(P.accounts.map((/** @type {any} */ a, /** @type {number} */ k) => [a.id,
    Object.fromEntries(q.bands(which, k).map((/** @type {number[]} */ row, /** @type {number} */ i) => [LEVELS[i], row.map(tidy)]))]));
  const decoded = new Map(app.quantities.map((q) => [q.key, { days: q.days.map(isoText),
    updated: Object.fromEntries(q.asOf.map((/** @type {number} */ d, /** @type {number} */ i) => [isoText(d), named(i, q)])), first_stated: named(statedOn(P, app.day()), q) }]));
  const quantities = P.quantities.map((/** @type {any} */ q) => ({ ...q, reports: reportsOf(q), curves: decoded.get(q.key) ?? null }));
  const claims = P.claims.map((/** @type {any} */ c) => ({ ...c, ...Object.fromEntries(["chance_made", "chance_last", "chance"].map((key) =>
    [key, integers(c[key]).map((v) => (v < 0 ? null : v / 1000))])) }));
  return JSON.stringify({ ...P, as_of_shown: isoText(app.day()), holds: "all dates, later ones too", computed_as_of: computedAsOf(app) || null, days_are: "days since 1970-01-01", ...whatIf(app, named), quantities, claims }, null, 1);
}

/** @param {import("./page.js").App} app @param {(which: any, q: any) => any} named @returns {any} what-if values in force and what they give; nothing without */
function whatIf(app, named) {
  const { P, answer, state } = app, sound = soundWeights(app), says = conditionsSentence(app);
  if (!says) return {};
  const accounts = answer && Object.fromEntries(P.accounts.map((/** @type {any} */ a, /** @type {number} */ k) => [a.id, {
    weight: movesWeights(app) ? tidy(answer.weights[k]) : null, reliable: sound[k], effective_draws: answer.accounts[k].effective, draws: answer.accounts[k].draws }]));
  const curves = answer && Object.fromEntries(app.quantities.map((q) => [q.key, { days: q.days.map(isoText), ...named("live", q) }]));
  return { what_if: { says, pins: state.pins, held: state.held, closed: state.closed, computed_as_of: answer && shownWeighing(app).day !== null ? isoText(shownWeighing(app).day) : null,
    weights_move: movesWeights(app), accounts, curves } };
}

/** @param {import("./page.js").App} app @returns {{text: string, w: number, h: number}} the main figure, with title, date, accounts, reading and source burnt in */
export function figureSvg(app) {
  const nodes = all("#plot-svg svg.rl"), q = app.quantity(), root = el("plot-svg").getBoundingClientRect();
  const style = getComputedStyle(document.documentElement), colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  const w = Math.ceil(root.width) + 48, named = (/** @type {number} */ k) => `${letterOf(k)} ${app.P.accounts[k].name}`;
  let y = 8;
  const text = (/** @type {number} */ x, /** @type {number} */ at, /** @type {string} */ words, size = 12, extra = "") =>
    `<text x="${x}" y="${at}" font-family="${esc(getComputedStyle(document.body).fontFamily)}" font-size="${size}" fill="${colour("ink2")}"${extra}>${esc(words)}</text>`;
  const lines = (/** @type {string} */ words, size = 12, extra = "") => wrapped(words, (w - 48) / size / 0.64).map((line) => text(24, y += size + 6, line, size, extra)).join("");
  const head = lines(q.data.title, 20, ` font-weight="700" style="font-family:Charter,Georgia,serif;fill:${colour("ink")}"`) +
    lines(`${el("figure-unit").textContent.trim()} · as of ${dayText(app.day())}${app.state.stated === "first" ? " · as first stated, before any report" : ""}`) +
    lines(app.visible().map(named).join(" · ")) + lines(app.which() === "live" ? conditionsSentence(app) : "", 12, ' font-weight="600"');
  const top = y += 20;
  const parts = nodes.map((node, i) => {
    const box = node.getBoundingClientRect();
    const head = nodes.length > 1 ? text(box.left - root.left + 24 + drawn.panels[i].frame.left, box.top - root.top + top - 6, named(drawn.panels[i].accounts[0]), 12, ' font-weight="600"') : "";
    return head + `<g transform="translate(${(box.left - root.left + 24).toFixed(1)} ${(box.top - root.top + top).toFixed(1)})">${inlined(node)}</g>`;
  });
  y += Math.ceil(root.height);
  const foot = [el("figure-caption"), el("reading")].map((node) => lines(node.textContent)).join("") + lines(`${app.P.case.title} · Realities`), h = y + 14;
  return { w, h, text: `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}"><rect width="${w}" height="${h}" fill="${colour("page")}"/>${head}${parts.join("")}${foot}</svg>` };
}

/** @param {string} text @param {number} most characters of a line @returns {string[]} its lines; none of an empty text */
function wrapped(text, most) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ").filter(Boolean)) {
    const last = lines.length - 1;
    if (last >= 0 && lines[last].length + word.length < most) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** @param {any} node a drawn chart @returns {string} its parts with colours and fonts written into them, for readers without our style sheet */
function inlined(node) {
  const copy = node.cloneNode(true), live = all("*", node), properties = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin",
    "opacity", "font-family", "font-size", "font-weight", "paint-order"];
  copy.querySelector(".crosshair")?.remove(); // the last of its parts
  all("*", copy).forEach((part, i) => {
    const style = getComputedStyle(live[i]);
    for (const name of properties) {
      const value = style.getPropertyValue(name);
      if (!/^(normal|1|0px|miter)$/.test(value)) part.setAttribute(name, value.replace(/"/g, "'"));
    }
    part.removeAttribute("class");
  });
  return copy.innerHTML;
}

/** @param {string} name @param {string} type @param {BlobPart} content */
function save(name, type, content) {
  const link = document.createElement("a"), url = URL.createObjectURL(new Blob([content], { type }));
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
  say(`Saved ${name}`);
}

/** @param {import("./page.js").App} app @param {string} name */
function savePng(app, name) {
  const { text, w, h } = figureSvg(app), image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas"), pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    canvas.width = w * 2;
    canvas.height = h * 2;
    pen.drawImage(image, 0, 0, w * 2, h * 2);
    canvas.toBlob((blob) => blob && save(name, "image/png", blob), "image/png");
  };
  image.src = "data:image/svg+xml," + encodeURIComponent(text);
}

/** @param {import("./page.js").App} app */
export function startExports(app) {
  /** @type {Record<string, (name: string) => void>} */
  const kinds = {
    "figure.svg": (name) => save(name, "image/svg+xml", figureSvg(app).text),
    "figure.png": (name) => savePng(app, name),
    "figure.csv": (name) => save(name, "text/csv", curvesCsv(app, [app.quantity()])),
    "all.csv": (name) => save(name, "text/csv", curvesCsv(app, app.quantities)),
    "reports.csv": (name) => save(name, "text/csv", reportsCsv(app)),
    "claims.csv": (name) => save(name, "text/csv", claimsCsv(app)),
    "weights.csv": (name) => save(name, "text/csv", weightsCsv(app)),
    "all.json": (name) => save(name, "application/json", everythingJson(app)),
  };
  for (const button of all("[data-save]")) {
    button.addEventListener("click", () => {
      // While an answer is awaited, words in force would stand beside numbers of other values.
      if (app.pending) {
        say("Being computed");
        setTimeout(() => button.click(), 200);
        return;
      }
      const kind = button.dataset.save, part = kind.startsWith("figure") ? app.state.show : kind.split(".")[0];
      const name = `${app.P.case.id} ${part} ${isoText(app.day())}`.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "");
      kinds[kind](`${name}.${kind.split(".")[1]}`);
    });
  }
}
