// Runs the page's own script, which the page carries packed; `decode.js` unpacks the rest with the same function.

import { unpack } from "./unpack.js";

/** @type {any} */ (globalThis).realitiesUnpack = unpack;
const script = document.createElement("script");
script.src = URL.createObjectURL(new Blob([unpack(document.getElementById("code")?.textContent ?? "")], { type: "text/javascript" }));
document.body.append(script);
