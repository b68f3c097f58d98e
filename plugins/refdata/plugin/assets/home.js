/** Home: first what needs a person, then the tables by their steward, then the newest loads. */

import { ask } from "./client.js";
import { element, redraw } from "./dom.js";
import { MOVING, answerLink, badge, sentence } from "./files.js";
import { moment } from "./format.js";
import { viewLink } from "./links.js";
import { isGated, noteText } from "./questions.js";
import { common, home as texts } from "./texts.js";

/** Refused files are old news after so many days, and a wait is long after so many milliseconds. */
const REFUSED_DAYS = 14;
const LONG_WAIT = 3_600_000;
const NEWEST = 8;
const MOST = 12;
const NOBODY = texts.noSteward;

export async function showHome({ place, signal, go }) {
  const needs = document.getElementById("needs");
  const [held, questions, refused, waiting, discarded, tables, newest, uploads] = await Promise.all([
    ask("files", { status: "review", limit: 50 }, signal), ask("questions", {}, signal), ask("files", { status: "error", limit: 50 }, signal),
    ask("files", { status: "pending", sort: "id", limit: 50 }, signal), ask("audit", { action: "discard", limit: 200 }, signal),
    ask("tables", {}, signal), ask("files", { limit: NEWEST }, signal), uploadsIfAny(signal)].map((one) => one.then(({ data }) => data)));
  const items = [
    ...held.map((file) => asking(file, questions.filter((question) => question.load_id === file.id), go)),
    ...stillRefused(refused, tables, discarded).map((file) => refusal(file, go)),
    ...waiting.filter((file) => Date.now() - Date.parse(file.created_at) > LONG_WAIT).map((file) => late(file, go)),
    ...uploads.uploads.map((upload) => uploaded(upload, go)),
  ];
  if (signal.aborted) return false;
  needs.hidden = false;
  redraw(needs, "needs", [held, questions, items.length, refused, tables, discarded, uploads], () => [
    element("h2", {}, items.length ? texts.needs(items.length) : texts.nothingNeeds),
    items.length > 0 && element("ul", { class: "arrivals needs" }, items)].filter(Boolean));
  redraw(place, "home", [tables, newest], () => [...byStewards(tables, go), ...loads(newest, go)]);
  return newest.some((file) => MOVING.includes(file.status));
}

/** Without a dropoff folder there are none; the line about health says that it is missing. */
async function uploadsIfAny(signal) {
  try {
    return await ask("uploads", {}, signal);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { data: { uploads: [] } };
  }
}

/** Refused lately, by nobody discarded, and no later file of the table was loaded. */
function stillRefused(files, tables, discarded) {
  const live = new Map(tables.map((table) => [table.table_name, table.last_load_id]));
  const gone = new Set(discarded.map((one) => one.load_id));
  const since = Date.now() - REFUSED_DAYS * 86_400_000;
  return files.filter((file) => Date.parse(file.created_at) > since && !gone.has(file.id) && file.id > (live.get(file.table_name) ?? 0));
}

function item(file, go, ...said) {
  return element("li", { class: file.status },
    element("div", { class: "names" }, element("span", {}, badge(file.status)),
      viewLink(go, { view: "file", id: file.id }, { class: "name", dir: "auto", "data-focus": `need ${file.id}` }, file.file_name),
      element("span", { class: "muted small", dir: "auto" }, common.forTable(file.table_name))),
    element("div", { class: "names" }, ...said, moment(file.created_at)));
}

function asking(file, questions, go) {
  if (questions.length && !isGated(questions)) {
    return item(file, go, element("span", { dir: "auto" }, noteText(questions)), viewLink(go, { view: "file", id: file.id }, { "data-focus": `answer ${file.id}` }, common.answer,
      element("span", { class: "hidden" }, common.answerOf(file.file_name))));
  }
  return item(file, go, element("span", {}, common.overLimits),
    file.run_path && answerLink(file, { "data-focus": `approve ${file.id}` }));
}

function refusal(file, go) {
  const { category, message } = file.error ?? { category: "internal", message: "" };
  return item(file, go, element("span", { dir: "auto" }, element("strong", {}, `${sentence(category)}. `), message));
}

function late(file, go) {
  return item(file, go, element("span", {}, texts.late));
}

function uploaded(upload, go) {
  return element("li", { class: "pending" },
    element("div", { class: "names" }, element("span", {}, element("span", { class: "badge pending" }, texts.uploaded)),
      viewLink(go, { view: "upload", id: upload.id }, { class: "name", dir: "auto", "data-focus": `upload ${upload.id}` }, upload.name),
      element("span", { class: "muted small", dir: "auto" }, common.forTable(upload.table))),
    element("div", { class: "names" }, element("span", { dir: "auto" }, texts.uploadWaits(upload.by)), moment(upload.at)));
}

/** The tables of each steward, those without one last. */
function byStewards(tables, go) {
  if (!tables.length) return [];
  const groups = Map.groupBy(tables, (table) => table.steward || NOBODY);
  const names = [...groups.keys()].toSorted((one, other) => (one === NOBODY) - (other === NOBODY) || one.localeCompare(other));
  const titled = names.length > 1 || names[0] !== NOBODY;
  return [element("div", { class: "heading" }, element("h2", {}, common.tables(tables.length)), viewLink(go, { view: "tables" }, { "data-focus": "tables" }, texts.allTables)),
    ...names.map((name) => element("section", { class: "steward", "aria-label": name }, titled && element("h3", { dir: "auto" }, name), listed(groups.get(name), go)))];
}

function listed(tables, go) {
  const more = tables.length - MOST;
  return element("ul", { class: "shelf" }, tables.slice(0, MOST).map((table) => element("li", {},
    viewLink(go, { view: "table", name: table.table_name }, { class: "name", dir: "auto", "data-focus": `table ${table.table_name}` }, table.table_name),
    element("span", { class: "muted small" }, common.rows(table.rows_live)), moment(table.last_loaded_at))),
  more > 0 && element("li", {}, viewLink(go, { view: "tables" }, {}, texts.more(more))));
}

function loads(files, go) {
  if (!files.length) return [];
  return [element("div", { class: "heading" }, element("h2", {}, texts.newestLoads), viewLink(go, { view: "files" }, { "data-focus": "files" }, texts.allFiles)),
    element("ul", { class: "arrivals loads" }, files.map((file) => element("li", { class: file.status },
      element("div", { class: "names" }, viewLink(go, { view: "file", id: file.id }, { class: "name", dir: "auto", "data-focus": `load ${file.id}` }, file.file_name),
        element("span", { class: "muted small", dir: "auto" }, common.forTable(file.table_name))),
      element("div", { class: "ended" }, badge(file.status), file.rows_loaded !== null && element("span", {}, common.rows(file.rows_loaded)), moment(file.created_at)))))];
}
