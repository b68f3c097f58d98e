/** The page: what is shown stands in the address; it refreshes itself, faster while a load is in flight. */

import { ask } from "./client.js";
import { element } from "./dom.js";
import { SORTS as FILE_SORTS, STATUSES, showFiles } from "./files.js";
import { absolute, number, plural, tick } from "./format.js";
import { followHealth } from "./health.js";
import { mirrorAddress } from "./links.js";
import { SORTS as TABLE_SORTS, arranged, showTables } from "./tables.js";
import { followTheme } from "./theme.js";

const PAGE_SIZE = 50;
const IN_FLIGHT = ["pending", "processing"];
const FAST = 2_500;
const SLOW = 15_000;
const AFTER_FAILURE = 5_000;
const TYPING_PAUSE = 250;

const at = (id) => document.getElementById(id);
let state = fromAddress();
let refreshed = null;
let timer = 0;
let typing = 0;
let request = null;

function fromAddress() {
  const given = new URLSearchParams(location.search);
  const view = given.get("view") === "tables" ? "tables" : "files";
  const status = STATUSES.includes(given.get("status")) ? given.get("status") : "";
  const page = Math.max(1, Number.parseInt(given.get("page") ?? "1", 10) || 1);
  return { view, status, search: given.get("search") ?? "", page, sort: validSort(view, given.get("sort")) };
}

function validSort(view, sort) {
  const known = (view === "files" ? [...FILE_SORTS, ["rows_loaded"], ["rows_rejected"], ["-file_name"], ["-table_name"], ["-status"]]
    : TABLE_SORTS).map(([value]) => value);
  return known.includes(sort) ? sort : known[0];
}

function addressOf({ view, status, search, page, sort }) {
  const first = (view === "files" ? FILE_SORTS : TABLE_SORTS)[0][0];
  const told = { view: view === "files" ? "" : view, status, search, page: page > 1 ? page : "", sort: sort === first ? "" : sort };
  const query = new URLSearchParams(Object.entries(told).filter(([, value]) => value !== ""));
  return query.size ? `?${query}` : location.pathname;
}

/** Goes to another view of the data; the page starts at one unless the change says otherwise. */
function go(change, { replace = false } = {}) {
  state = { ...state, page: 1, ...change };
  history[replace ? "replaceState" : "pushState"](null, "", addressOf(state));
  mirrorAddress();
  drawControls();
  return refresh();
}

async function refresh() {
  clearTimeout(timer);
  request?.abort();
  request = new AbortController();
  const { signal } = request;
  let pause = SLOW;
  try {
    const inFlight = await (state.view === "files" ? loadFiles(signal) : loadTables(signal));
    refreshed = new Date();
    showFailure(null);
    if (inFlight) pause = FAST;
  } catch (error) {
    if (error.name === "AbortError") return;
    pause = AFTER_FAILURE;
    showFailure(error);
  }
  if (signal.aborted) return;
  drawFreshness(pause === FAST);
  if (!document.hidden) timer = setTimeout(refresh, pause);
}

async function loadFiles(signal) {
  const { status, search, sort, page } = state;
  const parameters = { status, search, sort, limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE };
  const { data, metadata } = await ask("files", parameters, signal);
  const pages = Math.max(1, Math.ceil(metadata.total / PAGE_SIZE));
  if (page > pages) return go({ page: pages }, { replace: true });
  drawStatuses(metadata.counts);
  at("count").textContent = plural(metadata.total, "file", "files");
  if (data.length) showFiles(at("view"), data, sort, (next) => go({ sort: next }));
  else showNothing(search || status ? "No file fits this filter." : "No file has been dropped yet.");
  drawPaging(metadata.total, data.length, pages);
  return IN_FLIGHT.some((name) => metadata.counts[name]);
}

async function loadTables(signal) {
  const [{ data }, counts] = await Promise.all([ask("tables", {}, signal), ask("counts", {}, signal)]);
  const tables = arranged(data, state.search, state.sort);
  at("count").textContent = plural(tables.length, "table", "tables");
  if (tables.length) showTables(at("view"), tables, state.sort, (sort) => go({ sort }), chooseTable);
  else showNothing(state.search ? "No table fits this search." : "No table has been loaded yet.");
  return IN_FLIGHT.some((name) => counts.data[name]);
}

function chooseTable(name) {
  return go({ view: "files", search: name, status: "", sort: FILE_SORTS[0][0] });
}

function drawControls() {
  for (const view of ["files", "tables"]) {
    if (view === state.view) at(`tab-${view}`).setAttribute("aria-current", "page");
    else at(`tab-${view}`).removeAttribute("aria-current");
  }
  at("statuses").hidden = state.view !== "files";
  if (state.view !== "files") at("paging").hidden = true;
  if (document.activeElement !== at("search")) at("search").value = state.search;
  const sorts = state.view === "files" ? FILE_SORTS : TABLE_SORTS;
  at("sort").replaceChildren(...sorts.map(([value, title]) =>
    element("option", { value, selected: value === state.sort }, title)));
  for (const chip of at("statuses").children) chip.setAttribute("aria-pressed", String(chip.dataset.status === state.status));
}

function drawStatuses(counts) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const wanted = [["", "All", total], ...STATUSES.map((name) => [name, name, counts[name] ?? 0])];
  if (!at("statuses").children.length) {
    at("statuses").append(...wanted.map(([status, title]) => element("button",
      { type: "button", "data-status": status, class: status || "all", onclick: () => go({ status }) },
      title, " ", element("b"))));
    drawControls();
  }
  wanted.forEach(([, , count], index) => {
    const chip = at("statuses").children[index];
    chip.lastElementChild.textContent = number(count);
    chip.classList.toggle("none", count === 0);
  });
}

function drawPaging(total, shown, pages) {
  const first = (state.page - 1) * PAGE_SIZE;
  at("paging").hidden = pages === 1;
  at("range").textContent = `${number(first + 1)}–${number(first + shown)} of ${number(total)}`;
  at("previous").disabled = state.page === 1;
  at("next").disabled = state.page >= pages;
}

function drawFreshness(live) {
  const when = refreshed ? absolute(refreshed.toISOString()).slice(11) : "";
  at("freshness").classList.toggle("live", live);
  at("freshness").textContent = refreshed ? `${live ? "Live" : "Updated"} ${when}` : "";
}

function showNothing(text) {
  const filtered = state.search || state.status;
  at("view").replaceChildren(element("div", { class: "nothing" }, element("p", {}, text),
    filtered && element("button", { type: "button", onclick: () => { at("search").value = ""; go({ search: "", status: "" }); } },
      "Show all")));
  at("paging").hidden = true;
}

/** A banner above what was shown last; before the first file there is nothing wrong to report. */
function showFailure(failure) {
  const banner = at("banner");
  banner.hidden = failure === null;
  if (failure === null) return banner.replaceChildren();
  if (failure.category === "not_initialised") {
    banner.hidden = true;
    at("count").textContent = "";
    return showNothing("No file has been dropped yet. Files and tables appear here as soon as the first one is seen.");
  }
  const text = `${failure.message}. `.replace(/([.!?])\. $/, "$1 ");
  if (banner.dataset.text === text && banner.childElementCount) return undefined;
  banner.dataset.text = text;
  return banner.replaceChildren(element("p", {}, element("strong", {}, text), failure.advice ?? ""));
}

function listen() {
  for (const view of ["files", "tables"]) {
    at(`tab-${view}`).addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      at("search").value = "";
      go({ view, status: "", search: "", sort: validSort(view, null) });
    });
  }
  at("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => go({ search: at("search").value.trim() }, { replace: true }), TYPING_PAUSE);
  });
  at("sort").addEventListener("change", () => go({ sort: at("sort").value }));
  at("previous").addEventListener("click", () => turn(-1));
  at("next").addEventListener("click", () => turn(1));
  addEventListener("popstate", () => { state = fromAddress(); mirrorAddress(); drawControls(); refresh(); });
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
  document.addEventListener("keydown", onKey);
}

async function turn(step) {
  await go({ page: state.page + step });
  at("view").focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

/** A slash goes to the search, as in Airflow's own lists; Escape leaves it empty. */
function onKey(event) {
  const field = at("search");
  const elsewhere = !(event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement);
  if (event.key === "/" && elsewhere && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    field.focus();
  } else if (event.key === "Escape" && event.target === field && field.value) {
    field.value = "";
    go({ search: "" }, { replace: true });
  }
}

followTheme();
listen();
drawControls();
setInterval(tick, 1_000);
followHealth(at("health"));
await refresh();
