// The bar: link, embedding, data, light and dark.

import { esc } from "./format.js";
import { all, el, put, say, show } from "./page.js";

/** @param {() => string} link the address of the present view */
export function startBar(link) {
  const isDisk = location.protocol === "file:";
  for (const node of all("[data-disk]")) show(node, isDisk);
  const buttons = ["embed", "data"], panel = (/** @type {string} */ button) => el(`${button}-panel`);
  const open = (/** @type {string} */ one) => buttons.forEach((button) => {
    show(panel(button), button === one);
    el(button).setAttribute("aria-expanded", String(button === one));
  });
  for (const button of buttons) {
    el(button).addEventListener("click", () => {
      open(panel(button).hidden ? button : "");
      show(el("link-panel"), false);
      const at = link(), box = el("embed-box");
      box.value = `<iframe src="${esc(at + (at.includes("#") ? "&" : "#"))}embed=1" width="100%" height="800" title="${esc(document.title)}"></iframe>`;
      box.select();
    });
  }
  addEventListener("keydown", (event) => {
    const button = buttons.find((one) => !panel(one).hidden);
    if (event.key !== "Escape" || !button) return;
    open("");
    el(button).focus();
  });
  const more = el("more");
  more.addEventListener("click", () => more.setAttribute("aria-expanded", more.parentElement.classList.toggle("open")));
  el("copy-link").addEventListener("click", async () => {
    try {
      el("link-box").value = link();
      show(el("link-panel"), isDisk);
      await navigator.clipboard.writeText(link());
      put(el("copy-link"), "Link copied");
      say("Link copied");
      setTimeout(() => put(el("copy-link"), "Copy link"), 2000);
    } catch {
      // The clipboard was refused: the reader copies by hand.
      show(el("link-panel"), true);
      el("link-box").focus();
      el("link-box").select();
    }
  });
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)");
  const other = () => ((root.dataset.theme ?? (dark.matches ? "dark" : "")) === "dark" ? "light" : "dark");
  const name = () => put(el("theme-name"), `Switch to ${other()}`);
  el("theme").addEventListener("click", () => {
    root.dataset.theme = other();
    name();
  });
  dark.addEventListener("change", name);
  name();
  for (const node of all("a[href^='#source-']")) {
    node.addEventListener("click", () => {
      const target = el(node.getAttribute("href").slice(1));
      target.closest("details").open = true;
      target.focus({ preventScroll: true });
    });
  }
}
