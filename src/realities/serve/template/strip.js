// The strip at the foot of a served page: asks how things stand with the case, shows it, loads a new page.

(() => {
  "use strict";

  /**
   * @typedef {{severity: string, code: string, place: string, message: string, excerpt: string, help: string[]}} Finding
   * @typedef {{server: string, number: number, page: number, look: string, mark: string, line: string, spoken: string, share: number,
   *   found: {errors: number, warnings: number, items: Finding[]}, notes: string[]}} News
   */

  const MARKS = /** @type {Record<string, string>} */ ({ ready: "✓", busy: "…", bad: "✕", idle: "·", gone: "○" });

  /** @type {{server: string, page: number, look: string, home: boolean}} */
  const known = JSON.parse(document.getElementById("serve")?.textContent || "{}");
  const isReport = known.look === "";
  const GONE = `The server has stopped.${isReport ? " This page goes on working." : ""} To follow the case, start realities serve again.`;

  /** @param {string} tag @param {string} name @param {string} [text] @returns {HTMLElement} */
  const made = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("STYLE_OF_THE_STRIP");
  root.adoptedStyleSheets = [sheet];

  const strip = made("section", "strip"), row = made("div", "row");
  strip.setAttribute("aria-label", "Local server");
  const mark = made("span", "mark"), line = made("p", "line"), spoken = made("p", "vh");
  mark.setAttribute("aria-hidden", "true");
  spoken.setAttribute("role", "status");
  const progress = /** @type {HTMLProgressElement} */ (made("progress", ""));
  progress.setAttribute("aria-label", "Progress of the build");
  const toggle = /** @type {HTMLButtonElement} */ (made("button", ""));
  toggle.type = "button";
  toggle.setAttribute("aria-controls", "found");
  const file = /** @type {HTMLAnchorElement} */ (made("a", "file save", "Save as a file"));
  file.href = "report.html";
  file.download = "report.html";
  const list = made("div", "found");
  list.id = "found";
  list.tabIndex = 0;
  list.setAttribute("role", "region");
  list.setAttribute("aria-label", "What was found in the case");
  const home = /** @type {HTMLAnchorElement} */ (made("a", "file", "All cases"));
  home.href = "/";
  row.append(mark, line, progress, spoken, toggle, file, home);
  strip.append(row, list);
  root.append(strip);
  const here = document.getElementById("here");  // where a waiting page has it; else it stays at the foot
  host.classList.toggle("still", here !== null);
  strip.classList.toggle("here", here !== null);
  (here || document.body).append(host);

  // The strip covers nothing: the page ends above it, and what has the focus is scrolled above it.
  const room = () => {
    if (here) return;
    const height = `${row.offsetHeight + 1}px`;
    document.body.style.paddingBottom = height;
    document.documentElement.style.scrollPaddingBottom = height;
  };
  new ResizeObserver(room).observe(row);

  /** @type {string} what the reader wants to see, kept over the loading of a new page */
  let wanted = "";
  try { wanted = sessionStorage.getItem("serve-found") || ""; } catch { /* refused: forgotten at the next page */ }
  /** @param {boolean} open */
  const unfold = (open) => {
    list.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
  };
  toggle.addEventListener("click", () => {
    unfold(list.hidden);
    wanted = list.hidden ? "shut" : "open";
    try { sessionStorage.setItem("serve-found", wanted); } catch { /* as above */ }
  });

  /** @param {Finding} item */
  const finding = (item) => {
    const entry = made("li", ""), head = made("p", "");
    head.append(made("b", "", `${item.severity}[${item.code}]`), made("code", "place", item.place), item.message);
    entry.append(head);
    if (item.excerpt) {
      const excerpt = made("pre", "", item.excerpt);
      excerpt.tabIndex = 0;
      excerpt.setAttribute("role", "region");
      excerpt.setAttribute("aria-label", `Lines of ${item.place}`);
      entry.append(excerpt);
    }
    for (const hint of item.help) entry.append(made("p", "help", hint));
    return entry;
  };

  /** @param {number} n @param {string} word */
  const count = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

  let listed = "";
  /** @param {News} news */
  const showFound = (news) => {
    const { errors, warnings, items } = news.found;
    const now = JSON.stringify([news.found, news.notes]);
    if (now === listed) return;
    listed = now;
    const entries = made("ul", "");
    entries.append(...items.map(finding), ...news.notes.map((note) => made("li", "", note)));
    if (items.length < errors + warnings) entries.append(made("li", "", `… and ${errors + warnings - items.length} more.`));
    list.replaceChildren(entries);
    const named = [errors ? count(errors, "error") : "", warnings ? count(warnings, "warning") : "",
      news.notes.length ? count(news.notes.length, "caution") : ""].filter(Boolean);
    toggle.textContent = named.join(", ");
    // A waiting page lists everything itself.
    toggle.hidden = !isReport || !named.length;
    unfold(!toggle.hidden && (errors > 0 ? wanted !== "shut" : wanted === "open"));
  };

  /** A text that stays the same is not written again: a screen reader would say it again. @param {HTMLElement} node @param {string} text */
  const write = (node, text) => {
    if (node.textContent !== text) node.textContent = text;
  };

  /** @param {News} news */
  const show = (news) => {
    mark.textContent = MARKS[news.mark] || "";
    write(line, news.line);
    write(spoken, news.spoken);
    progress.hidden = news.mark !== "busy";
    if (news.share > 0) progress.value = news.share; else progress.removeAttribute("value");
    file.hidden = !isReport;
    home.hidden = !isReport || !known.home;
    showFound(news);
  };

  const gone = () => {
    mark.textContent = MARKS.gone;
    write(line, GONE);
    write(spoken, GONE);
    progress.hidden = file.hidden = home.hidden = true;
  };

  let leaving = false;
  addEventListener("pagehide", () => { leaving = true; });
  addEventListener("pageshow", () => { leaving = false; });

  /** @param {News} news whether the document is not what is to be shown; a page is never given up for none */
  const isStale = (news) => isReport
    ? news.page > 0 && (news.page !== known.page || news.server !== known.server)
    : news.look !== known.look;

  const follow = async () => {
    let seen = "";
    for (;;) {
      if (document.hidden) await new Promise((on) => document.addEventListener("visibilitychange", on, { once: true }));
      try {
        const answer = await fetch(`~state?seen=${seen}`, { cache: "no-store" });
        if (!answer.ok) throw new Error(answer.statusText);
        const news = /** @type {News} */ (await answer.json());
        if (isStale(news)) { location.reload(); return; }
        seen = `${news.server}.${news.number}`;
        show(news);
      } catch {
        if (leaving) return;
        gone();
        await new Promise((on) => setTimeout(on, 1000));
      }
    }
  };
  toggle.hidden = progress.hidden = list.hidden = file.hidden = home.hidden = true;
  follow();
})();
