// Asks the worker, which runs the model, and keeps it busy with the newest question only.
//
// The worker and its data are packed in the page's element with the id "live", as report/live/pack.py writes it. The
// worker is made of that text, which works from a file as well; nothing is asked of any server.

import { text } from "./decode.js";
import { unpack } from "./unpack.js";

/**
 * @typedef {{date: number, pins: Record<string, number>, held: Record<string, number>, n?: number,
 *   want: string[], variables: string[], runs: boolean}} Request a date by its place, below 0 before any report; pins are conditions on constants, the
 *   same value for all accounts, and move weights; held inputs or constants are interventions: what had happened if,
 *   which move curves and no weights
 * @typedef {{effective: number, draws: number, logEvidenceShift: number, error: number, failed: number}} AccountAnswer
 *   effective draws of so many, how far the log evidence moved and its standard error
 * @typedef {{id: number, n: number, ms: number, progress: boolean, accounts: AccountAnswer[], weights: number[],
 *   bands: Record<string, {days: number[], accounts: number[][][]}>,
 *   runs: Record<string, {days: number[], accounts: number[][][]}>,
 *   variables: Record<string, {days: number[], unit: string, accounts: number[][][]}>, error?: string}} Answer
 * @typedef {{ask: (request: Request, onAnswer: (answer: Answer) => void) => void, stop: () => void}} Live
 */

/** The number of an answer that belongs to no question: the worker is broken. Draws with which it gets ready. */
const BROKEN = -1, WARM_DRAWS = 40;

/**
 * What-if answers for the page. The sliders are built of `app.P.live`: its constants, inputs and variables; where that is
 * null, this must not be called. The worker is made when the page is idle, or at the first question.
 * @param {import("./page.js").App} app
 * @returns {Live}
 */
export function startLive(app) {
  /** @type {Promise<Worker>|null} */
  let made = null;
  /** @type {((answer: Answer) => void)|null} */
  let waiting = null;
  /** @type {Answer|null} */
  let broken = null;
  let newest = 0;
  const worker = () => (made ??= makeWorker(app.P.live, (answer) => {
    if (answer.id === BROKEN) broken = answer;
    if ((answer.id === newest || answer.id === BROKEN) && waiting) waiting(answer);
  }));
  const idle = /** @type {(work: () => void) => void} */ (globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 1500)));
  idle(() => worker().then((one) => {
    const warming = { date: app.base(), pins: {}, held: {}, want: [app.state.show], variables: [], runs: false };
    if (!newest) one.postMessage({ kind: "run", id: 0, n: WARM_DRAWS, ...warming });
  }, () => {}));
  return {
    ask(request, onAnswer) {
      const id = ++newest;
      waiting = onAnswer;
      worker().then((one) => {
        if (broken) onAnswer(broken);
        else if (id === newest) one.postMessage({ kind: "run", id, ...request, shown: ownBands(app, request) });
      }, (problem) => onAnswer(failure(id, problem)));
    },
    stop() {
      newest++;
      waiting = null;
    },
  };
}

/** @param {number} id @param {unknown} problem @returns {Answer} */
function failure(id, problem) {
  const error = problem instanceof Error ? problem.message : String(problem);
  return /** @type {Answer} */ ({ id, error });
}

/** What the worker does first: it unpacks its script and its data, runs the one and takes in the other. */
const BOOT = `onmessage = (event) => {
  const [packed, shown] = event.data, { script, data } = JSON.parse(new TextDecoder().decode(unpack(packed)));
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  importScripts(address);
  onmessage({ data: { kind: "load", data: { ...data, ...shown } } });
};`;

/** @param {any} shown of the live data, by the page @param {(answer: Answer) => void} onAnswer @returns {Promise<Worker>} */
async function makeWorker(shown, onAnswer) {
  const address = URL.createObjectURL(new Blob([`const unpack = ${unpack};${BOOT}`], { type: "text/javascript" }));
  const worker = new Worker(address);
  worker.onmessage = (event) => onAnswer(event.data);
  worker.onerror = (event) => onAnswer(failure(BROKEN, event.message));
  worker.postMessage([text("live"), shown]);
  return worker;
}

/** The bands that the page shows without any what-if, which the worker moves. @param {import("./page.js").App} app @param {Request} request */
function ownBands(app, request) {
  /** @type {Record<string, {days: number[], bands: number[][][]}>} */
  const own = {};
  for (const quantity of app.quantities) {
    if (!request.want.includes(quantity.key)) continue;
    own[quantity.key] = { days: quantity.days, bands: app.P.accounts.map((/** @type {any} */ _, /** @type {number} */ k) => quantity.bands(request.date, k)) };
  }
  return own;
}
