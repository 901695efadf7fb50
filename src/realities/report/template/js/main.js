// The page wakes up: data is unpacked, the state is read from the link, and every part is drawn.

import { startAsking } from "./asking.js";
import { startBar } from "./bar.js";
import { startCards } from "./cards.js";
import { drawCauses, startCauses } from "./causes.js";
import { drawClaims, startClaims } from "./claims.js";
import { Quantity, load } from "./decode.js";
import { startExports } from "./exports.js";
import { drawControls, drawFigure, drawFigureRest, startFigure } from "./figure.js";
import { dayText, esc, letterOf } from "./format.js";
import { conditions, isInForce, readingOf, warnings } from "./inforce.js";
import { drawNetwork, startNetwork } from "./network.js";
import { drawOthers, startOthers } from "./others.js";
import { all, el, keepRoles, put, putHtml, settled, show, throttled } from "./page.js";
import { drawReporters } from "./reporters.js";
import { dateOn, firstState, latestOn, readHash, statedOn, unread, writeHash } from "./state.js";
import { drawTrust, startTrust } from "./trust.js";
import { drawRanges, drawWhatIf, startWhatIf, unfoldPinned } from "./whatif.js";
import { stopsOf } from "./words.js";

/** @returns {import("./page.js").App} what every part of the page is given; what a change of the state sets off is put in by `start` */
function makeApp() {
  const P = load();
  const quantities = P.quantities.filter((/** @type {any} */ q) => q.curves).map((/** @type {any} */ q) => new Quantity(q, P));
  const keys = quantities.map((/** @type {Quantity} */ q) => q.key);
  /** @type {import("./page.js").App} */
  const app = {
    P, quantities, keys,
    state: firstState(P, keys),
    names: { pins: [], held: [], hubs: [], causes: [], limits: {}, choices: {} },
    stops: stopsOf(P),
    told: el("reading").innerHTML,
    set: () => {},
    day: () => app.state.day,
    quantity: () => quantities[Math.max(0, keys.indexOf(app.state.show))],
    visible: () => P.accounts.flatMap((/** @type {any} */ a, /** @type {number} */ k) => (app.state.hide.includes(a.id) ? [] : [k])),
    base: () => (app.state.stated === "first" || app.state.date < 0 ? statedOn(P, app.state.day) : app.state.date),
    which: (q = app.quantity()) => {
      if (app.answer && isInForce(app)) return "live";
      const at = app.state.stated === "first" || app.state.bands === "runs" ? -1 : latestOn(q.asOf, app.state.day);
      return at < 0 ? app.base() : at;
    },
    of: (q = app.quantity()) => {
      const at = app.which(q);
      return q.asOf[at === "live" ? app.base() : at] ?? null;
    },
    wishes: [],
    answer: null,
    pending: false,
    wrong: "",
  };
  return app;
}

/** @param {import("./page.js").App} app what its link says of the state, the state's own link, and both ways between them */
function makeLink(app) {
  const { P, keys, names } = app, hash = () => writeHash(app.state, P, keys, names);
  const follow = () => {
    app.state = readHash(location.hash, P, keys, names, app.stops[0]);
    unfoldPinned(app);
    const lost = unread(location.hash, hash(), app.state, P).join(", ");
    put(el("link-lost"), `The link asks for ${lost}, which this page does not have.`);
    show(el("link-lost"), lost !== "");
  };
  const link = () => location.href.split("#")[0] + (hash() ? "#" + hash() : "");
  const remember = throttled(() => {
    if (location.hash.replace(/^#/, "") !== hash()) history.replaceState(null, "", link());
  }, 400);
  return { hash, follow, link, remember };
}

/** @param {import("./page.js").App} app @param {() => string} link @returns {{draw: () => void, rest: () => void}} draws what follows every move; and what waits until the reader rests, which a drawing brings about as well */
function makeDrawing(app, link) {
  const drawCards = startCards(app);
  const rest = () => {
    if (app.quantities.length) {
      drawFigureRest(app);
      drawOthers(app);
    }
    drawCauses(app);
    drawClaims(app);
    drawNetwork(app);
    drawReporters(app);
    drawTrust(app);
    drawRanges(app);
    if (!app.pending) delete document.body.dataset.busy;
  };
  const later = settled(rest, 200);
  let due = 0;
  const ask = startAsking(app, () => { due ||= requestAnimationFrame(() => { due = 0; draw(); }); });
  const draw = () => {
    document.body.dataset.busy = "";
    ask();
    drawCards();
    drawWhatIf(app);
    if (app.quantities.length) {
      drawControls(app);
      drawFigure(app);
    }
    drawEmbedded(app, link);
    later();
  };
  return { draw, rest };
}

/** @param {import("./page.js").App} app @param {() => string} link what stands below a chart that is shown alone */
function drawEmbedded(app, link) {
  const { P } = app, on = app.state.embed, what = conditions(app);
  document.body.toggleAttribute("data-embed", on);
  show(el("embed-source"), on);
  putHtml(el("embed-source"), `${readingOf(app)}<br>${esc([P.case.title, "Realities", `as of ${dayText(app.day())}`, app.answer && what.length ? `what if: ${what.join("; ")}` : "",
    what.length ? warnings(app).join(" ") : "", app.visible().map((k) => `${letterOf(k)} ${P.accounts[k].name}`).join(", ")].filter(Boolean).join(" · "))} · <a href="${esc(link().replace(/&?embed=1/, ""))}" target="_blank">The whole page</a>`);
}

/** For paper the charts are drawn once more, as wide as a sheet, and the sources that numbers lead to are unfolded. @param {() => void} redraw */
function startPaper(redraw) {
  const sources = el("sources")?.querySelector("details");
  let unfolded = false;
  const paper = (/** @type {boolean} */ printed) => {
    document.body.toggleAttribute("data-paper", printed);
    if (printed) unfolded = sources?.open;
    if (sources) sources.open = printed || unfolded;
    redraw();
  };
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
}

async function start() {
  const app = makeApp();
  // What a link can carry is known before the link is read.
  startWhatIf(app);
  startCauses(app);
  startNetwork(app);
  startClaims(app);
  const { hash, follow, link, remember } = makeLink(app);
  follow();
  for (const node of all(".js")) show(node, !node.id.startsWith("say"));
  keepRoles();
  const { draw, rest } = makeDrawing(app, link);
  app.set = (patch) => {
    const before = app.state;
    app.state = { ...before, ...patch };
    app.state.date = dateOn(app.P, app.state.day);
    if (before.show !== app.state.show) show(el("picked"), false);
    draw();
    remember();
  };
  startBar(link);
  startExports(app);
  startTrust(app);
  if (app.quantities.length) {
    startOthers(app);
    startFigure(app);
  }
  addEventListener("hashchange", () => {
    if (/^#[a-z]+(-\d+)?$/.test(location.hash)) { // a place on the page: what was chosen goes back into the link
      if (hash()) remember();
      return;
    }
    follow();
    draw();
  });
  draw();
  rest();
  let width = document.body.clientWidth;
  new ResizeObserver(() => {
    if (document.body.clientWidth === width) return;
    width = document.body.clientWidth;
    draw();
  }).observe(document.body);
  startPaper(() => { draw(); rest(); });
  document.body.dataset.ready = "";
}

start();
