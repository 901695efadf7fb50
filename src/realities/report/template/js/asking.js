// What-if: asks the worker when the state wants what the page does not carry, and keeps the newest answer.

import { startLive } from "./live.js";
import { settled } from "./page.js";

/**
 * What a part of the page adds to a question: inputs or constants held as an intervention, each with the words that say
 * so, and variables to chart.
 * @typedef {{held?: Record<string, number>, words?: string[], variables?: string[]}} Wish
 * @typedef {import("./live.js").Answer & {date: number, pins: Record<string, number>, held: Record<string, number>}} Held
 *   an answer with what it was asked
 */

/** Draws an account while values move; all of them once they rest. */
const BRIEF = 50;

/** Least share of an account's draws that must stay effective, and most standard error of its log evidence: those of the weighing. */
export const LEAST_SHARE = 0.1, MOST_ERROR = 0.3;

/** From this share of effective draws on, nothing need be said. */
export const ENOUGH_SHARE = 0.25;

/** @param {import("./page.js").App} app @param {() => void} redraw @returns {() => void} asks what the state wants, if that is new */
export function startAsking(app, redraw) {
  if (!app.P.live) return () => {};
  const live = startLive(app);
  let asked = "", last = "", resting = true, brief = "";
  const question = () => {
    const held = { ...app.state.held }, variables = [];
    for (const wish of app.wishes.map((make) => make())) {
      Object.assign(held, wish.held);
      variables.push(...(wish.variables ?? []));
    }
    const date = app.base(), runs = app.state.bands === "runs";
    return { date, pins: app.state.pins, held, variables, runs, lacks: runs && !app.quantity().hasRuns(date) };
  };
  const rest = settled(() => { resting = true; update(); }, 200);
  const update = () => {
    const q = question();
    if (!Object.keys(q.pins).length && !Object.keys(q.held).length && !q.variables.length && !q.lacks) {
      if (asked) live.stop();
      asked = last = brief = "";
      app.answer = null;
      app.wrong = "";
      app.pending = false;
      return;
    }
    const values = JSON.stringify([q.date, q.pins, q.held, q.variables]);
    if (values !== last && last) { resting = false; rest(); }
    last = values;
    const text = JSON.stringify([q, resting || app.state.show]);
    // While values move a question is let finish, or a picture would come only once they rest.
    if (text === asked || (brief === String(q.date) && !resting)) return;
    asked = text;
    brief = resting ? "" : String(q.date);
    // Of another date nothing may stay: it could know reports from after the day chosen.
    if (app.answer && app.answer.date !== q.date) app.answer = null;
    live.ask({ ...q, n: resting ? undefined : BRIEF, want: resting ? app.keys : [app.state.show] }, (answer) => {
      if (!asked || q.date !== app.base()) return;
      app.wrong = answer.error ?? "";
      if (answer.error) app.answer = null; // what it shows is of other values
      else {
        // A look while values move is of one quantity: others keep the curves of the look before, if it was of this date.
        for (const quantity of app.quantities) if (!app.answer || answer.bands[quantity.key]) quantity.hold(answer.bands[quantity.key], answer.runs[quantity.key]);
        app.answer = { ...answer, date: q.date, pins: q.pins, held: q.held };
      }
      if (text === asked && !answer.progress) brief = "";
      app.pending = text === asked && (answer.progress || !resting) && !answer.error;
      redraw();
    });
    app.pending = true;
  };
  return update;
}

/** @param {import("./page.js").App} app @returns {boolean} whether weights shown are those of the what-if: pinned constants move them, held inputs do not */
export function movesWeights(app) {
  return app.answer !== null && app.answer.date >= 0 && Object.keys(app.answer.pins).length > 0;
}

/** Single runs that the page does not carry are made by the worker, from the same draws. @param {import("./page.js").App} app @returns {number|"live"} whose single runs are drawn */
export function whichRuns(app) {
  const { answer } = app, which = app.which();
  const isPlain = answer && answer.date === which && !Object.keys(answer.pins).length && !Object.keys(answer.held).length;
  return isPlain && !app.quantity().hasRuns(which) ? "live" : which;
}

/** Of a first look, whose draws are few whatever the values, only the share is asked. @param {import("./page.js").App} app @param {number} k @returns {boolean} whether the answer of an account rests on enough draws */
export function isEnough(app, k) {
  if (!app.answer) return true;
  const { effective, draws, error, failed } = app.answer.accounts[k];
  return failed < draws && effective >= LEAST_SHARE * draws && (app.pending || !(error > MOST_ERROR));
}
