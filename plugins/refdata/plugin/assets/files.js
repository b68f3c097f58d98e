/** The files and their status. */

import { element, icon, reconcile } from "./dom.js";
import { cell, drawHeader, grid } from "./grid.js";
import { absolute, duration, elapsed, moment } from "./format.js";
import { runLink, viewLink } from "./links.js";
import { NONE, bytes, number } from "./numbers.js";
import { isGated, noteText } from "./questions.js";
import { common, files as texts } from "./texts.js";

export const STATUSES = ["pending", "processing", "review", "loaded", "completed", "error", "duplicate", "cancelled"];
/** In flight, but not waiting for a person: a page that shows one refreshes.  See core/loadstates.py. */
export const MOVING = ["pending", "processing"];
const COLUMNS = [
  [texts.status, "status"], [texts.file, "file_name"], [texts.table, "table_name"], [texts.rows, "rows_loaded", "figure"],
  [texts.rejected, "rows_rejected", "figure"], [texts.duration, null, "figure"], [texts.dropped, "id"], [texts.run, null],
];
const CHEVRON = "m9 6 6 6-6 6";

/** The narrow layout's replacement for the headers. */
export const SORTS = [
  ["-id", texts.sortNewest], ["id", texts.sortOldest], ["file_name", texts.sortFile], ["table_name", texts.sortTable], ["status", texts.sortStatus],
  ["-rows_loaded", texts.sortMostRows], ["-rows_rejected", texts.sortMostRejects],
];

const open = new Set();
let go = () => undefined;

/** Draws a page of files into `place`; `onSort` receives the next order when a header is clicked. */
export function showFiles(place, files, sort, onSort, onGo) {
  go = onGo;
  const table = grid(place, "files", texts.caption);
  drawHeader(table, COLUMNS, sort, ["id", "rows_loaded", "rows_rejected"], onSort);
  reconcile(table, files, (file) => file.id, (file) => JSON.stringify(file), group);
}

function group(file) {
  const body = element("tbody", { role: "rowgroup", class: file.status });
  body.append(row(file, body), ...note(file), details(file));
  setOpen(body, file, open.has(file.id));
  return body;
}

function row(file, body) {
  const toggle = element("button", { type: "button", class: "toggle", "data-focus": "toggle",
    "aria-controls": `details-${file.id}`, onclick: () => setOpen(body, file, !open.has(file.id)) },
  icon(CHEVRON), element("span", { class: "hidden" }, texts.details(file.file_name)));
  return element("tr", { role: "row" },
    cell(texts.status, { class: "status" }, badge(file.status)),
    cell(texts.file, { class: "file" }, toggle, element("span", { class: "names" },
      viewLink((to) => go(to), { view: "file", id: file.id }, { class: "name", dir: "auto", "data-focus": "name" }, file.file_name),
      element("span", { class: "muted small" }, kindOf(file), warned(file)))),
    cell(texts.table, { class: "table", dir: "auto" }, file.table_name),
    cell(texts.rows, { class: "figure" }, rowsOf(file)),
    cell(texts.rejected, { class: file.rows_rejected ? "figure bad" : "figure" }, number(file.rows_rejected)),
    cell(texts.duration, { class: "figure" }, durationOf(file)),
    cell(texts.dropped, {}, moment(file.created_at)),
    cell(texts.run, {}, file.run_path ? runLink(file.run_path, file.file_name) : NONE));
}

/** How many warnings the load has; the file's own view lists them. */
function warned({ warnings }) {
  return warnings.length > 0 && element("span", { class: "warned" }, ` · ${common.warnings(warnings.length)}`);
}

export function badge(status) {
  return element("span", { class: `badge ${status}` }, statusName(status));
}

/** A ledger status in a steward's words. */
export function statusName(status) {
  return texts.statuses[status] ?? status;
}

/** Links to Airflow's form with Approve and Reject, for a load that the change gate holds. */
export function answerLink(file, properties) {
  return runLink(`${file.run_path}/tasks/review/required_actions`, file.file_name, texts.approve, properties);
}

export function kindOf(file) {
  const kind = common.loadTypes[file.load_type];
  return file.is_reference_data ? texts.referenceTable(kind) : texts.otherTable(kind);
}

/** Loaded rows; for a running load, how many are staged so far. */
export function rowsOf(file) {
  if (file.status !== "processing" || file.rows_staged === null) return number(file.rows_loaded);
  const text = common.shownOf(file.rows_staged, file.rows_fit);
  return element("span", { class: "progress" },
    element("progress", { max: file.rows_fit || 1, value: file.rows_staged, "aria-label": texts.rowsStaged(text) }),
    element("span", { class: "small" }, text));
}

export function durationOf(file) {
  if (file.seconds !== null) return duration(file.seconds);
  return file.status === "processing" && file.started_at ? elapsed(file.started_at) : NONE;
}

/** Why the file was refused or waits, and what to do; warnings of a successful load are in its details. */
function note(file) {
  if (file.questions?.length && !isGated(file.questions)) {
    return [noteRow(element("p", { dir: "auto" }, `${noteText(file.questions)} `,
      viewLink((to) => go(to), { view: "file", id: file.id }, { "data-focus": "answer" }, common.answer, element("span", { class: "hidden" }, common.answerOf(file.file_name)))))];
  }
  if (file.status === "review" && file.run_path) return [noteRow(element("p", {}, common.overLimits, " ", answerLink(file)))];
  if (!file.error) return [];
  const { category, message, plain_advice: advice } = file.error;
  return [noteRow(element("p", {}, element("strong", {}, `${sentence(category)}: `), message),
    advice && element("p", { class: "advice" }, element("span", { class: "muted" }, common.whatToDo), advice))];
}

function noteRow(...children) {
  return element("tr", { role: "row", class: "note" }, element("td", { role: "cell", colspan: COLUMNS.length },
    element("div", { class: "reason" }, ...children)));
}

export function sentence(category) {
  const words = texts.reasons[category] ?? category.replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}

function details(file) {
  return element("tr", { role: "row", class: "details", id: `details-${file.id}` },
    element("td", { role: "cell", colspan: COLUMNS.length }));
}

function setOpen(body, file, wanted) {
  if (wanted) open.add(file.id);
  else open.delete(file.id);
  body.classList.toggle("open", wanted);
  body.querySelector(".toggle").setAttribute("aria-expanded", String(wanted));
  const place = body.querySelector("tr.details");
  place.hidden = !wanted;
  place.firstElementChild.replaceChildren(...(wanted ? [facts(file)] : []));
}

function facts(file) {
  const times = [[texts.dropped, file.created_at], [texts.started, file.started_at], [texts.published, file.loaded_at], [texts.archived, file.processed_at]];
  const pairs = [
    [texts.load, `${file.id}`], [texts.path, file.file_path], [texts.size, bytes(file.file_size)],
    [texts.format, formatOf(file)], [texts.columns, file.detected_headers.join(", ") || NONE],
    [texts.rowsRead, number(file.rows_read)], [texts.version, number(file.version_id)], [texts.stagedBy, file.load_method ?? NONE],
    ...times.map(([title, iso]) => [title, iso ? absolute(iso) : NONE]),
    [texts.run, file.dag_run_id ?? NONE], [texts.hash, file.file_hash ?? NONE],
  ];
  return element("div", {},
    file.warnings.length > 0 && element("div", { class: "warnings" },
      element("p", {}, common.warnings(file.warnings.length)),
      element("ul", {}, file.warnings.map((warning) => element("li", {}, warning)))),
    element("dl", {}, pairs.map(([title, value]) =>
      element("div", {}, element("dt", {}, title), element("dd", { dir: "auto" }, value)))));
}

function formatOf(file) {
  return [file.detected_encoding, common.characters[file.detected_delimiter] ?? file.detected_delimiter].filter(Boolean).join(", ") || NONE;
}
