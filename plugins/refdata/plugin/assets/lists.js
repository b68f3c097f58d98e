/** The two lists, of files and of tables, with their search, filter, order and pages. */

import { ask } from "./client.js";
import { element } from "./dom.js";
import { MOVING, SORTS as FILE_SORTS, STATUSES, showFiles, statusName } from "./files.js";
import { showFound } from "./find.js";
import { closedList } from "./manage.js";
import { number } from "./numbers.js";
import { SORTS as TABLE_SORTS, arranged, showTables } from "./tables.js";
import { common, lists as texts } from "./texts.js";

const PAGE_SIZE = 50;
const MORE_SORTS = [["rows_loaded"], ["rows_rejected"], ["-file_name"], ["-table_name"], ["-status"]];

const at = (id) => document.getElementById(id);

export function validSort(view, sort) {
  if (view === "table") return sort ?? "";
  const known = (view === "tables" ? TABLE_SORTS : [...FILE_SORTS, ...MORE_SORTS]).map(([value]) => value);
  return known.includes(sort) ? sort : known[0];
}

/** Search, chips and order are shown only above the lists. */
export function drawLists(state, adjust) {
  const isList = state.view === "files" || state.view === "tables";
  at("searching").hidden = at("heading").hidden = !isList;
  at("statuses").hidden = state.view !== "files";
  if (state.view !== "files") at("paging").hidden = true;
  if (document.activeElement !== at("search")) at("search").value = state.search;
  at("search").placeholder = at("searched").textContent = state.view === "tables" ? texts.searchTables : texts.searchFiles;
  const sorts = state.view === "tables" ? TABLE_SORTS : FILE_SORTS;
  at("sort").replaceChildren(...sorts.map(([value, title]) =>
    element("option", { value, selected: value === state.sort }, title)));
  drawChips(state, adjust);
}

function drawChips(state, adjust) {
  if (!at("statuses").children.length) {
    at("statuses").append(...["", ...STATUSES].map((status) => element("button",
      { type: "button", "data-status": status, class: `${status || "all"} none`, onclick: () => adjust({ status }) },
      statusName(status) || texts.all, " ", element("b"))));
  }
  for (const chip of at("statuses").children) chip.setAttribute("aria-pressed", String(chip.dataset.status === state.status));
}

function countChips(counts) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  for (const chip of at("statuses").children) {
    const count = chip.dataset.status ? counts[chip.dataset.status] ?? 0 : total;
    chip.lastElementChild.textContent = number(count);
    chip.classList.toggle("none", count === 0);
    chip.hidden = count === 0 && chip.getAttribute("aria-pressed") !== "true" && chip.dataset.status !== "";
  }
}

export async function loadFiles({ place, state, signal, go, adjust }) {
  const { status, search, sort, page } = state;
  const parameters = { status, search, sort, limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE };
  const { data, metadata } = await ask("files", parameters, signal);
  await addQuestions(data, signal);
  const pages = Math.max(1, Math.ceil(metadata.total / PAGE_SIZE));
  if (page > pages) return adjust({ page: pages }, { replace: true });
  countChips(metadata.counts);
  at("count").textContent = texts.files(metadata.total);
  if (data.length) showFiles(place, data, sort, (next) => adjust({ sort: next }), go);
  else showNothing(place, search || status ? texts.noFileMatches : texts.noFileYet, state, adjust);
  drawPaging(metadata.total, data.length, page, pages);
  return MOVING.some((name) => metadata.counts[name]);
}

/** A held file shows what it asks. */
async function addQuestions(files, signal) {
  if (!files.some((file) => file.status === "review")) return;
  const { data } = await ask("questions", {}, signal);
  for (const file of files) file.questions = data.filter((question) => question.load_id === file.id);
}

export async function loadTables({ place, state, signal, go, adjust, refresh }) {
  const [{ data }, counts, closed, me] = await Promise.all([ask("tables", {}, signal), ask("counts", {}, signal), ask("closed", {}, signal), ask("me", {}, signal)]);
  const retired = new Set(closed.data.filter((one) => one.state === "retired").map((one) => one.table_name));
  for (const table of data) table.is_retired = retired.has(table.table_name);
  const tables = arranged(data, state.search, state.sort);
  at("count").textContent = common.tables(tables.length);
  if (tables.length) showTables(place, tables, state.sort, (sort) => adjust({ sort }), go);
  else showNothing(place, state.search ? texts.noTableMatches : texts.noTableYet, state, adjust);
  place.querySelector(".gone")?.remove();
  const gone = closedList(closed.data, me.data, refresh, go);
  if (gone) place.append(gone);
  showFound(place, state.search, go);
  return MOVING.some((name) => counts.data[name]);
}

function drawPaging(total, shown, page, pages) {
  const first = (page - 1) * PAGE_SIZE;
  at("paging").hidden = pages === 1;
  at("range").textContent = texts.range(first + 1, first + shown, total);
  at("previous").disabled = page === 1;
  at("next").disabled = page >= pages;
}

function showNothing(place, text, state, adjust) {
  const all = () => { at("search").value = ""; adjust({ search: "", status: "" }); };
  place.replaceChildren(element("div", { class: "nothing" }, element("p", {}, text),
    (state.search || state.status) && element("button", { type: "button", onclick: all }, texts.showAll)));
  at("paging").hidden = true;
}
