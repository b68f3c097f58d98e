/** The files and their status. */

import { element, icon, reconcile } from "./dom.js";
import { cell, drawHeader, grid } from "./grid.js";
import { NONE, absolute, bytes, duration, elapsed, moment, number, plural } from "./format.js";
import { runLink, viewLink } from "./links.js";
import { isGated, noteText } from "./questions.js";

export const STATUSES = ["pending", "processing", "review", "loaded", "completed", "error", "duplicate", "cancelled"];
/** In flight, but not waiting for a person: a page that shows one refreshes.  See core/loadstates.py. */
export const MOVING = ["pending", "processing"];
const COLUMNS = [
  ["Status", "status"], ["File", "file_name"], ["Table", "table_name"], ["Rows", "rows_loaded", "figure"],
  ["Rejected", "rows_rejected", "figure"], ["Duration", null, "figure"], ["Dropped", "id"], ["Run", null],
];
export const LOAD_TYPES = { fullload: "Full load", append: "Append", rollback: "Rollback", take_back: "Take-back", delete: "Deleted" };
/** Statuses in a steward's words, where the ledger's own are those of a program. */
const NAMES = { pending: "waiting", processing: "loading", review: "needs answer", error: "refused", duplicate: "already loaded" };
const CHEVRON = "m9 6 6 6-6 6";

/** The narrow layout's replacement for the headers. */
export const SORTS = [
  ["-id", "newest"], ["id", "oldest"], ["file_name", "file"], ["table_name", "table"], ["status", "status"],
  ["-rows_loaded", "most rows"], ["-rows_rejected", "most rejects"],
];

const open = new Set();
let go = () => undefined;

/** Draws a page of files into `place`; `onSort` receives the next order when a header is clicked. */
export function showFiles(place, files, sort, onSort, onGo) {
  go = onGo;
  const table = grid(place, "files", "Dropped files");
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
  icon(CHEVRON), element("span", { class: "hidden" }, `Details of ${file.file_name}`));
  return element("tr", { role: "row" },
    cell("Status", {}, badge(file.status)),
    cell("File", { class: "file" }, toggle, element("span", { class: "names" },
      viewLink((to) => go(to), { view: "file", id: file.id }, { class: "name", dir: "auto", "data-focus": "name" }, file.file_name),
      element("span", { class: "muted small" }, kindOf(file), warned(file)))),
    cell("Table", { class: "table", dir: "auto" }, file.table_name),
    cell("Rows", { class: "figure" }, rowsOf(file)),
    cell("Rejected", { class: file.rows_rejected ? "figure bad" : "figure" }, number(file.rows_rejected)),
    cell("Duration", { class: "figure" }, durationOf(file)),
    cell("Dropped", {}, moment(file.created_at)),
    cell("Run", {}, file.run_path ? runLink(file.run_path, file.file_name) : NONE));
}

/** How many warnings the load has; the file's own view lists them. */
function warned({ warnings }) {
  return warnings.length > 0 && element("span", { class: "warned" }, ` · ${plural(warnings.length, "warning", "warnings")}`);
}

export function badge(status) {
  return element("span", { class: `badge ${status}` }, statusName(status));
}

/** A ledger status in a steward's words. */
export function statusName(status) {
  return NAMES[status] ?? status;
}

/** Links to Airflow's form with Approve and Reject, for a load that the change gate holds. */
export function answerLink(file, properties) {
  return runLink(`${file.run_path}/tasks/review/required_actions`, file.file_name, "Approve or reject in Airflow", properties);
}

export function kindOf(file) {
  return `${LOAD_TYPES[file.load_type]}, ${file.is_reference_data ? "reference" : "other"} table`;
}

/** Loaded rows; for a running load, how many are staged so far. */
export function rowsOf(file) {
  if (file.status !== "processing" || file.rows_staged === null) return number(file.rows_loaded);
  const text = `${number(file.rows_staged)} of ${number(file.rows_fit)}`;
  return element("span", { class: "progress" },
    element("progress", { max: file.rows_fit || 1, value: file.rows_staged, "aria-label": `Rows staged: ${text}` }),
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
      viewLink((to) => go(to), { view: "file", id: file.id }, { "data-focus": "answer" }, "Answer", element("span", { class: "hidden" }, ` the questions of ${file.file_name}`))))];
  }
  if (file.status === "review" && file.run_path) return [noteRow(element("p", {}, "It changes more than its table's limits allow without approval. ", answerLink(file)))];
  if (!file.error) return [];
  const { category, message, advice } = file.error;
  return [noteRow(element("p", {}, element("strong", {}, `${sentence(category)}: `), message),
    advice && element("p", { class: "advice" }, element("span", { class: "muted" }, "What to do: "), advice))];
}

function noteRow(...children) {
  return element("tr", { role: "row", class: "note" }, element("td", { role: "cell", colspan: COLUMNS.length },
    element("div", { class: "reason" }, ...children)));
}

/** The categories of the error tree in a steward's words; any other is shown as it is. */
const REASONS = {
  closed_table: "The table takes no more files", data: "Some rows do not fit", schema: "The columns do not fit", format: "The file cannot be read safely", orphans: "Other tables need rows that are missing",
  rejected: "Somebody decided against it", held: "It waits for an answer", cancelled: "Somebody stopped it", file_changed: "The file changed or is gone",
  file_busy: "The file could not be reached", dropoff: "It is not a file to load", storage_full: "The disk is full", permission: "refdata may not do it",
  connection: "The database could not be reached", lock_timeout: "The table was busy", deadlock: "The table was busy", throttled: "The database is overloaded",
  database: "The database refused it", configuration: "A setting or a contract is wrong", superseded: "A newer attempt took over", stopped: "The load was interrupted", internal: "Unforeseen error",
};

export function sentence(category) {
  const words = REASONS[category] ?? category.replaceAll("_", " ");
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
  const times = [["Dropped", file.created_at], ["Started", file.started_at], ["Published", file.loaded_at], ["Archived", file.processed_at]];
  const pairs = [
    ["Load", `${file.id}`], ["Path", file.file_path], ["Size", bytes(file.file_size)],
    ["Format", formatOf(file)], ["Columns", file.detected_headers.join(", ") || NONE],
    ["Rows read", number(file.rows_read)], ["Version", number(file.version_id)], ["Staged by", file.load_method ?? NONE],
    ...times.map(([title, iso]) => [title, iso ? absolute(iso) : NONE]),
    ["Run", file.dag_run_id ?? NONE], ["SHA-256", file.file_hash ?? NONE],
  ];
  return element("div", {},
    file.warnings.length > 0 && element("div", { class: "warnings" },
      element("p", {}, plural(file.warnings.length, "warning", "warnings")),
      element("ul", {}, file.warnings.map((warning) => element("li", {}, warning)))),
    element("dl", {}, pairs.map(([title, value]) =>
      element("div", {}, element("dt", {}, title), element("dd", { dir: "auto" }, value)))));
}

function formatOf(file) {
  const delimiter = { "\\t": "tab", ",": "comma", ";": "semicolon", "|": "pipe" }[file.detected_delimiter];
  return [file.detected_encoding, delimiter ?? file.detected_delimiter].filter(Boolean).join(", ") || NONE;
}
