// Runs the page's own script, which the page carries packed: a worker unpacks it while the page can be read and scrolled.

import { mixed } from "./mixed.js";

/** @param {BlobPart} text @returns {string} where a script of that text is found */
const addressOf = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));

/** @param {BlobPart} text */
function run(text) {
  const script = document.createElement("script");
  script.src = addressOf(text);
  document.body.append(script);
}

// It stands in the head, since text packs better beside text.
addEventListener("DOMContentLoaded", () => {
  const packed = document.getElementById("code")?.textContent ?? "";
  try {
    const worker = new Worker(addressOf(`onmessage=(e)=>postMessage((${mixed})(e.data))`));
    worker.onmessage = (event) => {
      run(event.data);
      worker.terminate();
    };
    worker.onerror = () => run(mixed(packed));
    worker.postMessage(packed);
  } catch {
    run(mixed(packed));
  }
});
