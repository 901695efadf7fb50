// The worker's messages: data once, then questions, of which the newest alone is answered.
//
// `realitiesModel` is the model's own code, which stands before this script (report/live/pack.py).

import { Answerer } from "./answer.js";

/** @type {any} */
const here = globalThis;
/** @type {Answerer|null} */
let answerer = null;
/** @type {any} */
let newest = null;
let isBusy = false;

/** Lets messages that wait come in first. @returns {Promise<void>} */
function pause() {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(0);
  });
}

async function work() {
  isBusy = true;
  while (newest) {
    const request = newest;
    newest = null;
    try {
      if (!answerer) throw new Error("there is nothing to run yet");
      await answerer.answer(request, () => !newest, (answer) => here.postMessage(answer));
    } catch (problem) {
      here.postMessage({ id: request.id, error: problem instanceof Error ? problem.message : String(problem) });
    }
  }
  isBusy = false;
}

here.onmessage = (/** @type {{data: any}} */ event) => {
  const { kind } = event.data;
  if (kind === "load") answerer = new Answerer(here.realitiesModel, event.data.data, pause);
  else if (kind === "run") {
    newest = event.data;
    if (!isBusy) work();
  }
};
