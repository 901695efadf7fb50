// Asks the worker, which runs the model, and keeps it busy with the newest question only.

/**
 * @typedef {{date: number|"prior", pins: Record<string, number>, held: Record<string, number>, n?: number,
 *   want: string[], variables: string[], runs: boolean}} Request a date by its place; pins are conditions on constants, the
 *   same value for all accounts, and move weights; held inputs or constants are interventions: what had happened if,
 *   which move curves and no weights
 * @typedef {{effective: number, draws: number, logEvidenceShift: number, error: number, failed: number}} AccountAnswer
 *   effective draws of so many, how far the log evidence moved and its standard error
 * @typedef {{id: number, n: number, ms: number, progress: boolean, accounts: AccountAnswer[], weights: number[],
 *   bands: Record<string, {days: number[], accounts: number[][][]}>,
 *   runs: Record<string, {days: number[], accounts: number[][][]}>,
 *   variables: Record<string, {days: number[], unit: string, accounts: number[][][]}>, error?: string}} Answer
 * @typedef {{ask: (request: Request, onAnswer: (answer: Answer) => void) => void, stop: () => void,
 *   constants: any[], inputs: any[], variables: any[]}} Live constants, inputs and variables as report/live/schema.py says
 */

/**
 * What-if answers for the page. The sliders are built of `app.P.live`: its constants, inputs and variables; where the
 * payload has none, nothing here may be called. Nothing is made before the first question, or before the page is idle.
 * @param {import("./page.js").App} app
 * @returns {Live}
 */
export function startLive(app) {
  throw new Error("not built yet" + app);
}
