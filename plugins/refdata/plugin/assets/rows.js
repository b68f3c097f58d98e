/** The rows of a table: paged, sorted, filtered and searched; one row with its history. */

import { ask } from "./client.js";
import { failureText } from "./dialog.js";
import { element, redraw } from "./dom.js";
import { NONE, moment, number, plural } from "./format.js";
import { downloads, viewLink } from "./links.js";

const PAGE_SIZE = 50;
const TYPING_PAUSE = 300;
const NUMBERS = ["INT", "BIGINT", "DECIMAL", "FLOAT"];
const OPERATORS = [["contains", "contains"], ["is", "is"], ["isnot", "is not"], ["from", "is at least"], ["to", "is at most"],
  ["empty", "is empty"], ["filled", "has a value"]];
const WITHOUT_VALUE = ["empty", "filled"];
const CHANGES = { oldest: "In the oldest version that is kept", added: "Added", changed: "Changed", removed: "Removed",
  unknown: "Not known: these rows were deleted by retention" };

/** The positions of the pages before the shown one, by what is shown. */
const trails = new Map();
let typing = 0;

/** Draws the rows that the address asks for into `place`. */
export async function showRows(place, page, versions) {
  const { state, signal } = page;
  const conditions = JSON.parse(state.filter || "[]");
  if (!place.firstElementChild) place.replaceChildren(frame(page));
  place.lastPage = page;
  const field = place.querySelector("#rows-search");
  if (document.activeElement !== field) field.value = state.search;
  const parameters = { version: state.version, search: state.search, sort: state.sort, after: state.after, limit: PAGE_SIZE,
    filter: conditions.map((one) => JSON.stringify(one)) };
  let answer;
  try {
    answer = (await ask(`tables/${encodeURIComponent(state.name)}/rows`, parameters, signal)).data;
  } catch (failure) {
    if (failure.name === "AbortError" || failure.status === 401 || failure.status === 0) throw failure;
    redraw(place.querySelector(".rows-result"), "failure", [failure.message, conditions], () => [chips(conditions, page),
      element("p", { class: "trouble", role: "alert" }, failureText(failure)),
      element("button", { type: "button", class: "plain", onclick: () => page.adjust({ search: "", filter: "", sort: "", version: null }) }, "Show all rows")]);
    return;
  }
  const shown = { answer, conditions, state, versions };
  redraw(place.querySelector(".rows-tools"), "tools", [answer.columns, versions.map((one) => [one.version, one.is_kept, one.is_live]), state.version],
    () => tools(shown, place));
  redraw(place.querySelector(".rows-result"), `rows ${state.name}`, [answer, state.sort, state.search, state.filter], () => result(shown, page));
}

function frame({ adjust }) {
  const search = (event) => {
    clearTimeout(typing);
    typing = setTimeout(() => adjust({ search: event.target.value.trim() }, { replace: true }), TYPING_PAUSE);
  };
  return element("section", { class: "card rows" },
    element("h3", {}, "Rows"),
    element("div", { class: "rows-bar" },
      element("label", { class: "rows-find" }, element("span", { class: "hidden" }, "Search all columns"),
        element("input", { id: "rows-search", type: "search", maxlength: 255, autocomplete: "off", spellcheck: "false",
          placeholder: "Search all columns", oninput: search })),
      element("div", { class: "rows-tools" })),
    element("div", { class: "rows-result", "aria-live": "polite" }));
}

/** The choice of version, and the form that adds a condition. */
function tools({ answer, state, versions }, place) {
  const readable = versions.filter((one) => one.is_kept);
  const version = readable.length > 1 && element("label", {}, "Version ", element("select", { "data-focus": "rows version",
    onchange: (event) => place.lastPage.adjust({ version: event.target.value === "" ? null : Number(event.target.value) }) },
  readable.map((one) => element("option", { value: one.is_live ? "" : one.version, selected: one.is_live ? state.version === null : one.version === state.version },
    `${one.version}${one.is_live ? ", live" : ""}`))));
  return [element("form", { class: "rows-filter", onsubmit: (event) => { event.preventDefault(); addCondition(event.target, place.lastPage); } },
    element("select", { name: "column", "aria-label": "Column", "data-focus": "filter column" },
      answer.columns.map((one) => element("option", { value: one.name }, one.title ?? one.name))),
    element("select", { name: "operator", "aria-label": "Condition", "data-focus": "filter operator",
      onchange: (event) => { event.target.form.elements.value.disabled = WITHOUT_VALUE.includes(event.target.value); } },
    OPERATORS.map(([value, title]) => element("option", { value }, title))),
    element("input", { name: "value", "aria-label": "Value", maxlength: 255, autocomplete: "off", placeholder: "value", "data-focus": "filter value" }),
    element("button", { type: "submit", class: "plain" }, "Filter")), version,
  element("span", { class: "downloads" }, downloads(`download/${encodeURIComponent(state.name)}`, { version: state.version }, "rows",
    "All rows, as the table's files are written: dropped back, the file changes nothing"))];
}

function addCondition(form, { state, adjust }) {
  const { column, operator, value } = form.elements;
  const known = JSON.parse(state.filter || "[]");
  const added = [column.value, operator.value, WITHOUT_VALUE.includes(operator.value) ? "" : value.value];
  adjust({ filter: JSON.stringify([...known, added]) });
  value.value = "";
}

function chips(conditions, { adjust }) {
  if (!conditions.length) return null;
  const words = Object.fromEntries(OPERATORS);
  const without = (index) => JSON.stringify(conditions.filter((_, at) => at !== index));
  return element("ul", { class: "conditions", "aria-label": "Filters" }, conditions.map(([column, operator, value], index) => element("li", {},
    element("span", { dir: "auto" }, `${column} ${words[operator] ?? operator} ${value}`),
    element("button", { type: "button", "data-focus": `filter ${index}`, "aria-label": `Remove the filter on ${column}`, onclick: () => adjust({ filter: without(index) }) }, "×"))));
}

function result(shown, page) {
  const { answer, conditions } = shown;
  return [chips(conditions, page), summary(shown), answer.rows.length > 0 && sheet(shown, page), pager(shown, page)];
}

/** What is shown, without counting: the ledger's number, or how many are known to match. */
function summary({ answer, conditions, state }) {
  const filtered = conditions.length > 0 || state.search !== "";
  const last = answer.before + answer.rows.length;
  const known = answer.next === null ? number(last) : `at least ${number(last + 1)}`;
  let words;
  if (!answer.rows.length) words = filtered ? "No row matches." : "The table has no rows.";
  else if (filtered) words = `Rows ${number(answer.before + 1)} to ${number(last)}; ${known} match`;
  else words = `Rows ${number(answer.before + 1)} to ${number(last)} of ${answer.next === null ? number(last) : answer.table_rows === null ? known : `${number(answer.table_rows)} (as last loaded)`}`;
  return element("p", { class: "muted small rows-summary" }, words);
}

function sheet({ answer, state }, page) {
  const heads = answer.columns.map((column) => head(column, state.sort, page));
  const lines = answer.rows.map((row, index) => element("tr", {}, element("td", { class: "open" },
    element("button", { type: "button", class: "plain", "data-focus": `row ${index}`, "aria-label": `Whole row and its history: ${row[0].text ?? "NULL"}`,
      onclick: () => openRow(answer, row, page) }, "View")),
  row.map((value, at) => valueCell(value, answer.columns[at], () => openRow(answer, row, page)))));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Rows" }, element("table", { class: "plain sheet" },
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, element("span", { class: "hidden" }, "Row")), heads)),
    element("tbody", {}, lines)));
}

function head(column, sort, { adjust }) {
  const descending = sort === `-${column.name}`;
  const current = descending || sort === column.name;
  const next = current && !descending ? `-${column.name}` : descending ? "" : column.name;
  const about = [column.name, column.type, column.description].filter(Boolean).join(" · ");
  return element("th", { scope: "col", class: NUMBERS.includes(column.kind) ? "figure" : null, "aria-sort": current ? (descending ? "descending" : "ascending") : null },
    element("button", { type: "button", title: about, "data-focus": `sort ${column.name}`, onclick: () => adjust({ sort: next }) },
      element("span", { dir: "auto" }, column.title ?? column.name), element("span", { class: "order", "aria-hidden": "true" }, current ? (descending ? "↓" : "↑") : "")),
    column.title && column.title !== column.name && element("span", { class: "muted small block", dir: "auto" }, column.name));
}

function valueCell({ text, is_cut: isCut }, column, open) {
  const kind = NUMBERS.includes(column.kind) ? "figure" : null;
  if (text === null) return element("td", { class: kind }, element("i", { class: "null" }, "NULL"));
  if (text === "") return element("td", { class: kind }, element("i", { class: "muted" }, "empty"));
  const spoken = asWritten(text, column);
  return element("td", { class: kind, title: spoken === text ? null : text }, element("div", { class: "value", dir: "auto" }, spoken,
    isCut && element("button", { type: "button", class: "plain", onclick: open }, "… whole text")));
}

/** A date as the table's files write it; every other value as it is. */
function asWritten(text, { kind, date_order: order, date_separator: separator }) {
  const parts = /^(\d{4})-(\d\d)-(\d\d)(.*)$/.exec(text);
  if (!parts || !["DATE", "DATETIME2"].includes(kind) || !order) return text;
  const [, y, m, d, rest] = parts;
  return [...order].map((part) => ({ y, m, d })[part]).join(separator ?? "-") + rest;
}

function pager({ answer, state }, { adjust }) {
  if (!answer.next && !state.after) return null;
  const key = JSON.stringify([state.name, state.version, state.search, state.sort, state.filter]);
  const trail = trails.get(key) ?? new Map();
  trails.set(key, trail);
  if (answer.next) trail.set(answer.next, state.after);
  const turn = (after) => adjust({ after });
  const button = (title, name, after, enabled) => element("button", { type: "button", class: "plain", "data-focus": name, disabled: !enabled, onclick: () => turn(after) }, title);
  return element("nav", { class: "rows-pager", "aria-label": "Pages of rows" }, button("First", "rows first", "", state.after !== ""),
    button("Previous", "rows previous", trail.get(state.after) ?? "", trail.has(state.after)), button("Next", "rows next", answer.next ?? "", answer.next !== null));
}

/** A dialog with one row's whole values, and who changed it when, from which file. */
async function openRow(answer, row, page) {
  const names = answer.columns.map((one) => one.name);
  const keys = answer.identified_by.length ? answer.identified_by : names;
  const where = Object.fromEntries(keys.map((name) => [name, row[names.indexOf(name)].text]));
  const content = element("div", {}, element("p", { class: "muted" }, "Reading…"));
  const box = element("dialog", { class: "row-story", "aria-labelledby": "row-title" },
    element("h3", { id: "row-title", dir: "auto" }, answer.identified_by.length ? keys.map((name) => where[name] ?? "NULL").join(" · ") : "Row"), content,
    element("p", { class: "buttons" }, element("button", { type: "button", onclick: () => box.close() }, "Close")));
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  try {
    const { data } = await ask(`tables/${encodeURIComponent(answer.table)}/row`, { where: JSON.stringify(where) });
    content.replaceChildren(...rowStory(data, answer, { ...page, go: (target) => { box.close(); page.go(target); } }).filter(Boolean));
  } catch (failure) {
    content.replaceChildren(element("p", { class: "trouble", role: "alert" }, failureText(failure)));
  }
}

function rowStory(story, answer, page) {
  const texts = story.rows[0] ?? answer.rows[0].map((one) => one.text);
  const how = answer.identified_by.length ? `The row is identified by ${answer.identified_by.join(", ")}.`
    : "The table has no key, so only rows with exactly these values are followed: a changed row appears as removed.";
  return [
    story.rows.length !== 1 && element("p", { class: "muted" }, story.rows.length ? `${number(story.rows.length)} rows have these values.` : "It is not in the live table now."),
    story.rows.length > 0 && element("dl", { class: "pairs" }, story.columns.map((name, at) => element("div", { class: (texts[at] ?? "").length > 60 ? "wide" : null },
      element("dt", { dir: "auto" }, answer.columns[at]?.title ?? name), element("dd", { dir: "auto" }, shown(texts[at]))))),
    element("h4", {}, "History"), element("p", { class: "muted small" }, how),
    !story.is_complete && element("p", { class: "muted small" }, "More rows have these values than are shown here."),
    element("ol", { class: "row-steps" }, story.steps.map((step, index) => stepOf(step, older(story.steps, index), story.columns, page))),
  ];
}

function older(steps, index) {
  return steps.slice(index + 1).find((one) => one.change !== "unknown")?.rows[0] ?? null;
}

function stepOf({ change, version, rows }, before, columns, { go }) {
  const from = version.load_id && !version.origin_id && version.file_name
    ? viewLink(go, { view: "file", id: version.load_id }, { dir: "auto" }, version.file_name) : version.kind === "rollback" ? "a rollback" : version.file_name || NONE;
  const changed = change === "changed" && before && rows.length === 1
    ? columns.flatMap((name, at) => (rows[0][at] === before[at] ? [] : [element("li", {}, element("span", { class: "muted", dir: "auto" }, `${name}: `),
      element("span", { class: "minus", dir: "auto" }, shown(before[at])), " → ", element("span", { class: "plus", dir: "auto" }, shown(rows[0][at])))])) : [];
  const uploaded = version.uploaded_by && ` uploaded by ${version.uploaded_by}`;
  const by = version.actor && element("span", {}, `${uploaded ? ", approved" : ""} by ${version.actor}`, version.reason && element("span", { class: "muted", dir: "auto" }, ` “${version.reason}”`));
  return element("li", {}, element("div", {}, element("strong", {}, CHANGES[change]), ` · version ${version.version} · `, from, uploaded, by),
    moment(version.published_at), changed.length > 0 && element("ul", { class: "changes" }, changed));
}

function shown(value) {
  return value === null ? element("i", { class: "null" }, "NULL") : value === "" ? element("i", { class: "muted" }, "empty") : value;
}
