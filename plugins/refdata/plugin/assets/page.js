/** The page: its address contains what is shown; it refreshes itself, faster while a load is in flight. */

import { showAudit } from "./audit.js";
import { showConfig } from "./config.js";
import { element } from "./dom.js";
import { STATUSES } from "./files.js";
import { absolute, tick } from "./format.js";
import { followHealth } from "./health.js";
import { showHome } from "./home.js";
import { mirrorAddress, viewAddress } from "./links.js";
import { drawLists, loadFiles, loadTables, validSort } from "./lists.js";
import { drawNow, followNow } from "./now.js";
import { PERIODS, showOverview } from "./overview.js";
import { showStory } from "./story.js";
import { showTable } from "./table.js";
import { audit, page as texts } from "./texts.js";
import { followTheme } from "./theme.js";
import { showUpload } from "./upload.js";
import { drawWaiting } from "./waiting.js";

/** Milliseconds between two refreshes where nothing happens; `followNow` notices when something does. */
const PAUSE = 15_000;
const AFTER_FAILURE = 5_000;
const TYPING_PAUSE = 250;

/** Each view: its tab, what it shows; it returns whether a load is in flight. */
const VIEWS = {
  home: { tab: "home", show: showHome },
  files: { tab: "files", show: loadFiles },
  tables: { tab: "tables", show: loadTables },
  upload: { tab: "upload", show: showUpload },
  overview: { tab: "overview", show: showOverview },
  audit: { tab: "audit", show: showAudit },
  config: { tab: "config", show: showConfig },
  file: { tab: "files", show: showStory },
  table: { tab: "tables", show: showTable },
};
const TABS = ["home", "files", "tables", "upload", "overview", "audit", "config"];

const at = (id) => document.getElementById(id);
let state = fromAddress();
let refreshed = null;
let timer = 0;
let typing = 0;
let request = null;
let again = false;

function fromAddress() {
  const given = Object.fromEntries(new URLSearchParams(location.search));
  return complete(given);
}

/** The conditions on a table's rows, as the address has them; "" for none. */
function conditions(text) {
  try {
    const found = JSON.parse(text || "[]");
    const valid = Array.isArray(found) && found.every((one) => Array.isArray(one) && one.length === 3 && one.every((part) => typeof part === "string"));
    return valid && found.length ? JSON.stringify(found) : "";
  } catch {
    return "";
  }
}

/** A complete state from an address or a link; invalid parts are left out. */
function complete(given) {
  // Addresses of earlier releases have a filter of the files, and no view.
  const view = Object.hasOwn(VIEWS, given.view ?? "") ? given.view : given.status || given.search ? "files" : "home";
  const whole = (text, least) => { const value = Number.parseInt(text ?? "", 10); return value >= least ? value : null; };
  return {
    view,
    status: STATUSES.includes(given.status) ? given.status : "",
    search: given.search ?? "",
    page: whole(given.page, 1) ?? 1,
    sort: validSort(view, given.sort),
    id: whole(given.id, 1),
    name: given.name ?? "",
    action: Object.hasOwn(audit.actions, given.action ?? "") ? given.action : "",
    by: given.by ?? "",
    a: whole(given.a, 0),
    b: whole(given.b, 0),
    version: whole(given.version, 0),
    filter: conditions(given.filter),
    after: /^[\w-]+$/.test(given.after ?? "") ? given.after : "",
    days: PERIODS.includes(whole(given.days, 1)) ? whole(given.days, 1) : PERIODS[1],
  };
}

function addressOf(shown) {
  const plain = complete({ view: shown.view });
  const different = Object.entries(shown).filter(([name, value]) => value !== plain[name] || (name === "view" && value !== "home"));
  return different.length ? viewAddress(Object.fromEntries(different)) : location.pathname;
}

/** Changes what this view shows; the page number resets to one unless the change sets it. */
function adjust(change, options) {
  return move({ ...state, page: 1, after: "", ...change }, options);
}

/** Goes to another view. */
async function go(target) {
  const view = target.view ?? "files";
  at("search").value = "";
  await move(complete({ ...target, view }));
  scrollTo({ top: 0 });
  at("view").focus({ preventScroll: true });
}

function move(wanted, { replace = false } = {}) {
  const elsewhere = wanted.view !== state.view || wanted.id !== state.id || (wanted.name !== state.name && wanted.view !== "audit");
  state = wanted;
  history[replace ? "replaceState" : "pushState"](null, "", addressOf(state));
  mirrorAddress();
  if (elsewhere) at("view").replaceChildren();
  drawControls();
  return refresh();
}

async function refresh() {
  clearTimeout(timer);
  request?.abort();
  request = new AbortController();
  const { signal } = request;
  let pause = PAUSE;
  let live = false;
  again = false;
  try {
    const inFlight = await VIEWS[state.view].show({ place: at("view"), state, signal, go, adjust, refresh });
    if (signal.aborted) return;
    await drawWaiting(at("waiting"), signal);
    if (signal.aborted) return;
    refreshed = new Date();
    showFailure(null);
    live = inFlight;
  } catch (error) {
    if (error.name === "AbortError" || signal.aborted) return;
    pause = AFTER_FAILURE;
    showFailure(error);
  }
  if (signal.aborted) return;
  request = null;
  drawFreshness(live);
  if (!document.hidden) timer = setTimeout(refresh, again ? 0 : pause);
}

/** Something has happened: the view is drawn again, after the refresh that may be under way. */
function onChange() {
  if (request) again = true;
  else refresh();
}

function drawControls() {
  for (const tab of TABS) {
    if (tab === VIEWS[state.view].tab) at(`tab-${tab}`).setAttribute("aria-current", "page");
    else at(`tab-${tab}`).removeAttribute("aria-current");
  }
  document.title = `${texts.views[state.view]} · ${texts.title}`;
  if (state.view !== "home") { at("needs").hidden = true; at("needs").replaceChildren(); }
  drawLists(state, adjust);
  drawNow(at("now"), state.view);
}

function drawFreshness(live) {
  const when = refreshed ? absolute(refreshed.toISOString()).slice(11) : "";
  at("freshness").classList.toggle("live", live);
  at("freshness").textContent = !refreshed ? "" : live ? texts.live(when) : texts.updated(when);
}

/** A banner above the last view; before the first file there is no error to report. */
function showFailure(failure) {
  const banner = at("banner");
  banner.hidden = failure === null;
  if (failure === null) return banner.replaceChildren();
  if (failure.category === "not_initialised") {
    banner.hidden = true;
    at("count").textContent = "";
    at("needs").hidden = true;
    return at("view").replaceChildren(element("div", { class: "nothing" }, element("p", {},
      `${failure.message} `, failure.advice)));
  }
  const text = `${failure.message}. `.replace(/([.!?])\. $/, "$1 ");
  if (banner.dataset.text === text && banner.childElementCount) return undefined;
  banner.dataset.text = text;
  return banner.replaceChildren(element("p", {}, element("strong", {}, text), failure.advice ?? ""));
}

/** page.html has elements without words: each names its own in texts.js. */
function fillTexts() {
  for (const node of document.querySelectorAll("[data-words]")) node.textContent = texts[node.dataset.words];
  for (const node of document.querySelectorAll("[data-label-words]")) node.setAttribute("aria-label", texts[node.dataset.labelWords]);
  for (const tab of TABS) at(`tab-${tab}`).textContent = texts.views[tab];
}

function listen() {
  for (const tab of TABS) leads(at(`tab-${tab}`), { view: tab });
  leads(at("waiting"), { view: "files", status: "review" });
  at("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => adjust({ search: at("search").value.trim() }, { replace: true }), TYPING_PAUSE);
  });
  at("sort").addEventListener("change", () => adjust({ sort: at("sort").value }));
  at("previous").addEventListener("click", () => turn(-1));
  at("next").addEventListener("click", () => turn(1));
  addEventListener("popstate", () => {
    state = fromAddress();
    at("view").replaceChildren();
    mirrorAddress();
    drawControls();
    refresh();
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
  document.addEventListener("keydown", onKey);
}

/** A link of the header shows a view without reloading. */
function leads(link, target) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    at("search").value = "";
    move(complete(target));
  });
}

async function turn(step) {
  await adjust({ page: state.page + step });
  at("view").focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

/** A slash jumps to the search, as in Airflow's own lists; Escape clears it. */
function onKey(event) {
  const field = at("search");
  const elsewhere = !event.target.matches("input, select, textarea") && !document.querySelector("dialog[open]");
  if (event.key === "/" && elsewhere && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    const rows = document.getElementById("rows-search");
    if (rows) rows.focus();
    else if (at("searching").hidden) go({ view: "files" }).then(() => field.focus());
    else field.focus();
  } else if (event.key === "Escape" && event.target === field && field.value) {
    field.value = "";
    adjust({ search: "" }, { replace: true });
  }
}

fillTexts();
followTheme();
listen();
drawControls();
setInterval(tick, 1_000);
followHealth(at("health"));
followNow(at("now"), () => state.view, onChange);
await refresh();
