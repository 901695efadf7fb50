// The bar: link, embedding, data, light and dark.

import { all, el, put, say, show } from "./page.js";

/** @param {() => string} link the address of the present view */
export function startBar(link) {
  const panels = [["embed", "embed-panel"], ["data", "data-panel"]];
  for (const [button, panel] of panels) {
    el(button).addEventListener("click", () => {
      const open = el(panel).hidden;
      for (const [b, p] of panels) {
        show(el(p), p === panel && open);
        el(b).setAttribute("aria-expanded", String(p === panel && open));
      }
      show(el("link-panel"), false);
      if (open && button === "embed") {
        const at = link(), code = document.createElement("iframe");
        code.src = at + (at.includes("#") ? "&" : "#") + "embed=1";
        code.width = "100%";
        code.height = "620";
        code.title = document.title;
        el("embed-box").value = code.outerHTML;
        el("embed-box").select();
      }
    });
  }
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const [b, p] of panels) {
      if (!el(p).hidden) { show(el(p), false); el(b).setAttribute("aria-expanded", "false"); el(b).focus(); }
    }
  });
  el("more").addEventListener("click", () => {
    const open = document.querySelector(".actions")?.classList.toggle("open") || false;
    el("more").setAttribute("aria-expanded", String(open));
  });
  el("copy-link").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(link());
      put(el("copy-link"), "Link copied");
      say("Link copied");
      setTimeout(() => put(el("copy-link"), "Copy link"), 2000);
    } catch {
      // The clipboard was refused: the reader copies by hand.
      el("link-box").value = link();
      show(el("link-panel"), true);
      el("link-box").focus();
      el("link-box").select();
    }
  });
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const name = () => put(el("theme-name"), isDark() ? "Switch to light" : "Switch to dark");
  el("theme").addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
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
