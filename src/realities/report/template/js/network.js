// The supply network: closing a hub recomputes what can be carried, and asks for runs of the model with it closed.

import { maxFlow } from "./flow.js";
import { listed, numberText } from "./format.js";
import { all, el, put, show } from "./page.js";

/**
 * @typedef {{id: string, name: string, kind: string, supply?: number|null, demand?: number|null, closes: any}} Place
 * @typedef {{from: number, to: number, capacity?: number|null, both_ways?: boolean, closes: any}} Route ends by the order of sites, -1 for none
 */

/** @type {Place[]} */
let sites = [];
/** @type {Route[]} */
let roads = [];

/** @param {any} network as supply_map.py tells it: sites and roads in the order in which it draws them */
function read(network) {
  const told = (/** @type {string} */ type) => (network?.features ?? []).flatMap((/** @type {any} */ f) => (f.geometry.type === type ? [f.properties] : []));
  sites = told("Point");
  const end = (/** @type {string} */ id) => sites.findIndex((place) => place.id === id);
  roads = told("LineString").map((/** @type {any} */ p) => ({ ...p, from: end(p.from), to: end(p.to) }));
}

/** @param {Route} route @param {Set<number>} shut */
const isShut = (route, shut) => shut.has(route.from) || shut.has(route.to);

/** @param {Set<number>} shut @param {number} only a front, -1 for all @returns {{value: number, near: boolean[], endless: boolean}} what fronts can get, no more than they need */
function carried(shut, only = -1) {
  const n = sites.length, sum = [...roads.map((r) => r.capacity), ...sites.flatMap((p) => [p.supply, p.demand])].reduce((/** @type {number} */ a, b) => a + (b ?? 0), 0);
  const much = 2 * sum + 1;
  /** @type {[number, number, number][]} */
  const edges = [];
  for (const r of roads) {
    if (r.from < 0 || r.to < 0 || isShut(r, shut)) continue;
    edges.push([r.from, r.to, r.capacity ?? much]);
    if (r.both_ways) edges.push([r.to, r.from, r.capacity ?? much]);
  }
  sites.forEach((p, i) => {
    if (p.kind === "source") edges.push([n, i, p.supply ?? much]);
    if (p.kind === "front" && (only < 0 || only === i)) edges.push([i, n + 1, only < 0 ? p.demand ?? much : much]);
  });
  const { value, near } = maxFlow(n + 2, edges, n, n + 1);
  return { value, near, endless: value >= much };
}

/** @param {import("./page.js").App} app hubs by their place */
const closed = (app) => new Set(sites.flatMap((p, i) => (app.state.closed.includes(p.id) ? [i] : [])));

/** @param {Set<number>} shut @returns {Record<string, number>} what closing them sets in the model */
function settings(shut) {
  const closings = [...sites.filter((_, i) => shut.has(i)), ...roads.filter((r) => isShut(r, shut))];
  return Object.fromEntries(closings.flatMap(({ closes }) => (closes ? [[closes.constant, closes.value]] : [])));
}

/** @param {import("./page.js").App} app tells what a link can close and what runs are asked for; before the link is read */
export function startNetwork(app) {
  read(app.P.network);
  app.names.hubs = sites.flatMap((p) => (p.kind === "hub" ? [p.id] : []));
  if (!el("network") || !sites.length) return;
  app.wishes.push(() => {
    const shut = closed(app), held = settings(shut);
    return { held, words: Object.keys(held).length ? [`closed: ${listed([...shut].map((i) => sites[i].name))}`] : [] };
  });
  const toggle = (/** @type {string} */ id) => {
    const now = app.state.closed;
    app.set({ closed: now.includes(id) ? now.filter((one) => one !== id) : [...now, id] });
    drawNetwork(app);
  };
  for (const svg of all("#network .net")) svg.setAttribute("role", "group");
  for (const spot of all("#network .spot")) {
    const place = sites[spot.dataset.place];
    spot.setAttribute("role", "button");
    spot.setAttribute("tabindex", "0");
    spot.setAttribute("aria-label", `Close ${place.name}`);
    spot.addEventListener("click", () => toggle(place.id));
    spot.addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => {
      if (e.key !== "Enter" && e.key !== " ") return;
      e.preventDefault();
      toggle(place.id);
    });
  }
  el("network-open").addEventListener("click", () => { el("network").querySelector(".spot[aria-pressed=true]")?.focus(); app.set({ closed: [] }); drawNetwork(app); });
}

/** @param {import("./page.js").App} app */
export function drawNetwork(app) {
  if (!el("network") || !sites.length) return;
  const shut = closed(app), now = carried(shut);
  for (const spot of all("#network .spot")) spot.setAttribute("aria-pressed", String(shut.has(Number(spot.dataset.place))));
  const cut = roads.map((r) => r.from >= 0 && r.to >= 0 && !isShut(r, shut) && !now.endless &&
    (now.near[r.from] !== now.near[r.to]) && (now.near[r.from] || r.both_ways === true));
  for (const line of all("#network [data-route]")) {
    const i = Number(line.dataset.route);
    line.classList.toggle("cut", cut[i]);
    line.classList.toggle("shut", isShut(roads[i], shut));
  }
  put(el("network-sentence"), sentence(app, shut, now, cut));
  show(el("network-open"), shut.size > 0);
  const routeRows = all("#network-table tbody tr"), frontRows = all("#front-table tbody tr");
  roads.forEach((r, i) => put(routeRows[i]?.cells[3], isShut(r, shut) ? "closed" : cut[i] ? "in the least cut" : "open"));
  sites.flatMap((p, i) => (p.kind === "front" ? [i] : [])).forEach((i, row) => {
    const alone = carried(shut, i);
    put(frontRows[row]?.cells[2], alone.endless ? "no limit" : numberText(alone.value));
  });
}

/** @param {import("./page.js").App} app @param {Set<number>} shut @param {ReturnType<typeof carried>} now @param {boolean[]} cut @returns {string} */
function sentence(app, shut, now, cut) {
  const names = listed([...shut].map((i) => sites[i].name)), open = carried(new Set());
  const fronts = sites.filter((p) => p.kind === "front"), isKnown = fronts.every((p) => p.demand != null);
  const need = fronts.reduce((sum, p) => sum + (p.demand ?? 0), 0);
  if (now.endless) return "The file gives no capacities that limit what fronts can get.";
  const told = [`${shut.size ? `With ${names} closed, fronts` : "With every hub open, fronts"} together can get ${numberText(now.value)}${isKnown ? ` of the ${numberText(need)} they need` : ""}.`];
  const less = open.value - now.value;
  if (shut.size && !open.endless) told.push(less > 1e-9 ? `That is ${numberText((100 * less) / open.value)}% less than with every hub open.` : "That is as much as with every hub open.");
  const hit = shut.size ? sites.flatMap((p, i) => {
    const most = (/** @type {Set<number>} */ without) => Math.min(carried(without, i).value, p.demand ?? Infinity), left = most(shut);
    return p.kind === "front" && left < most(new Set()) - 1e-9 ? [`${p.name} (at most ${numberText(left)}${p.demand == null ? "" : ` of the ${numberText(p.demand)} it needs`})`] : [];
  }) : [];
  if (hit.length) told.push(`Less can reach ${listed(hit)}.`);
  const narrow = roads.flatMap((r, i) => (cut[i] ? [`${sites[r.from].name} to ${sites[r.to].name}`] : []));
  const dry = sites.flatMap((p, i) => (p.kind === "source" && !now.near[i] && p.supply != null ? [p.name] : []));
  if (isKnown && need - now.value < 1e-9) told.push("No route is too narrow.");
  else if (narrow.length) told.push(`What limits ${shut.size ? "the rest" : "it"} is the least cut, dashed: ${listed(narrow)}.`);
  if (dry.length) told.push(`All that ${listed(dry)} can send is used.`);
  if (shut.size) {
    const held = Object.keys(settings(shut)), idle = [...shut].filter((i) => !Object.keys(settings(new Set([i]))).length).map((i) => sites[i].name);
    if (held.length && app.P.live) told.push(`In the model this sets ${listed(held)} from the first day on: every curve above is run so.`);
    if (idle.length) told.push(`Nothing in the model acts on ${listed(idle)}: closing ${idle.length > 1 ? "them" : "it"} changes this picture alone.`);
  }
  return told.join(" ");
}
