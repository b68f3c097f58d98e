/** The rows of a table: paged, sorted, filtered and searched; one row with its history. */

import { ask } from "./client.js";
import { failureText } from "./dialog.js";
import { element, redraw } from "./dom.js";
import { moment } from "./format.js";
import { downloads, viewLink } from "./links.js";
import { NONE, number } from "./numbers.js";
import { common, rows as texts } from "./texts.js";

const PAGE_SIZE = 50;
const TYPING_PAUSE = 300;
const NUMBERS = ["INT", "BIGINT", "DECIMAL", "FLOAT"];
const WITHOUT_VALUE = ["empty", "filled"];

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
  const draw = (answer) => drawRows(place, { answer, conditions, state, versions }, page);
  const known = place.drawnRows === JSON.stringify(parameters);
  try {
    const answer = await wholePage(state.name, parameters, signal, (part) => !known && draw(part));
    place.drawnRows = JSON.stringify(parameters);
    draw(answer);
  } catch (failure) {
    if (failure.name === "AbortError" || failure.status === 401 || failure.status === 0) throw failure;
    redraw(place.querySelector(".rows-result"), "failure", [failure.message, conditions], () => [chips(conditions, page),
      element("p", { class: "trouble", role: "alert" }, failureText(failure)),
      element("button", { type: "button", class: "plain", onclick: () => page.adjust({ search: "", filter: "", sort: "", version: null }) }, texts.showAll)]);
  }
}

/** A page with all its rows: a search comes in parts, each of which is shown while the next one is asked for. */
async function wholePage(name, parameters, signal, show) {
  const part = async (after, limit) => (await ask(`tables/${encodeURIComponent(name)}/rows`, { ...parameters, after, limit }, signal)).data;
  let answer = await part(parameters.after, PAGE_SIZE);
  while (answer.is_partial) {
    show(answer);
    const more = await part(answer.next, PAGE_SIZE - answer.rows.length);
    answer = { ...more, before: answer.before, rows: [...answer.rows, ...more.rows] };
  }
  return answer;
}

function drawRows(place, shown, page) {
  const { answer, state, versions } = shown;
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
    element("h3", {}, texts.title),
    element("div", { class: "rows-bar" },
      element("label", { class: "rows-find" }, element("span", { class: "hidden" }, texts.searchAll),
        element("input", { id: "rows-search", type: "search", maxlength: 255, autocomplete: "off", spellcheck: "false",
          placeholder: texts.searchAll, oninput: search })),
      element("div", { class: "rows-tools" })),
    element("div", { class: "rows-result", "aria-live": "polite" }));
}

/** The choice of version, and the form that adds a condition. */
function tools({ answer, state, versions }, place) {
  const readable = versions.filter((one) => one.is_kept);
  const version = readable.length > 1 && element("label", {}, texts.version, element("select", { "data-focus": "rows version",
    onchange: (event) => place.lastPage.adjust({ version: event.target.value === "" ? null : Number(event.target.value) }) },
  readable.map((one) => element("option", { value: one.is_live ? "" : one.version, selected: one.is_live ? state.version === null : one.version === state.version },
    common.versionChoice(one.version, one.is_live)))));
  return [element("form", { class: "rows-filter", onsubmit: (event) => { event.preventDefault(); addCondition(event.target, place.lastPage); } },
    element("select", { name: "column", "aria-label": texts.column, "data-focus": "filter column" },
      answer.columns.map((one) => element("option", { value: one.name }, one.title ?? one.name))),
    element("select", { name: "operator", "aria-label": texts.condition, "data-focus": "filter operator",
      onchange: (event) => { event.target.form.elements.value.disabled = WITHOUT_VALUE.includes(event.target.value); } },
    Object.entries(texts.operators).map(([value, title]) => element("option", { value }, title))),
    element("input", { name: "value", "aria-label": texts.value, maxlength: 255, autocomplete: "off", placeholder: texts.valueHint, "data-focus": "filter value" }),
    element("button", { type: "submit", class: "plain" }, texts.filter)), version,
  element("span", { class: "downloads" }, downloads(`download/${encodeURIComponent(state.name)}`, { version: state.version }, "rows",
    texts.download))];
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
  const without = (index) => JSON.stringify(conditions.filter((_, at) => at !== index));
  return element("ul", { class: "conditions", "aria-label": texts.filters }, conditions.map(([column, operator, value], index) => element("li", {},
    element("span", { dir: "auto" }, `${column} ${texts.operators[operator] ?? operator} ${value}`),
    element("button", { type: "button", "data-focus": `filter ${index}`, "aria-label": texts.removeFilter(column), onclick: () => adjust({ filter: without(index) }) }, "×"))));
}

function result(shown, page) {
  const { answer, conditions } = shown;
  return [chips(conditions, page), summary(shown), answer.rows.length > 0 && sheet(shown, page), pager(shown, page)];
}

/** What is shown, without counting: the ledger's number, or how many are known to match. */
function summary({ answer, conditions, state }) {
  const filtered = conditions.length > 0 || state.search !== "";
  const last = answer.before + answer.rows.length;
  const known = answer.next === null ? number(last) : texts.atLeast(last + 1);
  let words;
  if (answer.is_partial) words = texts.searching(answer.before + answer.rows.length, answer.searched, answer.table_rows);
  else if (!answer.rows.length && answer.before) words = texts.noMore;
  else if (!answer.rows.length) words = filtered ? texts.noneMatches : texts.noRows;
  else if (filtered) words = texts.matching(answer.before + 1, last, known);
  else words = texts.of(answer.before + 1, last, answer.next === null || answer.table_rows === null ? known : texts.asLastLoaded(answer.table_rows));
  return element("p", { class: "muted small rows-summary" }, words);
}

function sheet({ answer, state }, page) {
  const heads = answer.columns.map((column) => head(column, state.sort, page));
  const lines = answer.rows.map((row, index) => element("tr", {}, element("td", { class: "open" },
    element("button", { type: "button", class: "plain", "data-focus": `row ${index}`, "aria-label": texts.wholeRow(row[0].text ?? "NULL"),
      onclick: () => openRow(answer, row, page) }, texts.view)),
  row.map((value, at) => valueCell(value, answer.columns[at], () => openRow(answer, row, page)))));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": texts.title }, element("table", { class: "plain sheet" },
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, element("span", { class: "hidden" }, texts.row)), heads)),
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
  if (text === "") return element("td", { class: kind }, element("i", { class: "muted" }, common.empty));
  const spoken = asWritten(text, column);
  return element("td", { class: kind, title: spoken === text ? null : text }, element("div", { class: "value", dir: "auto" }, spoken,
    isCut && element("button", { type: "button", class: "plain", onclick: open }, texts.wholeText)));
}

/** A date as the table's files write it; every other value as it is. */
function asWritten(text, { kind, date_order: order, date_separator: separator }) {
  const parts = /^(\d{4})-(\d\d)-(\d\d)(.*)$/.exec(text);
  if (!parts || !["DATE", "DATETIME2"].includes(kind) || !order) return text;
  const [, y, m, d, rest] = parts;
  return [...order].map((part) => ({ y, m, d })[part]).join(separator ?? "-") + rest;
}

function pager({ answer, state }, { adjust }) {
  if (answer.is_partial || (!answer.next && !state.after)) return null;
  const key = JSON.stringify([state.name, state.version, state.search, state.sort, state.filter]);
  const trail = trails.get(key) ?? new Map();
  trails.set(key, trail);
  if (answer.next) trail.set(answer.next, state.after);
  const turn = (after) => adjust({ after });
  const button = (title, name, after, enabled) => element("button", { type: "button", class: "plain", "data-focus": `rows ${name}`, disabled: !enabled, onclick: () => turn(after) }, title);
  return element("nav", { class: "rows-pager", "aria-label": texts.pages }, button(texts.first, "first", "", state.after !== ""),
    button(texts.previous, "previous", trail.get(state.after) ?? "", trail.has(state.after)), button(texts.next, "next", answer.next ?? "", answer.next !== null));
}

/** A dialog with one row's whole values, and who changed it when, from which file. */
async function openRow(answer, row, page) {
  const names = answer.columns.map((one) => one.name);
  const keys = answer.identified_by.length ? answer.identified_by : names;
  const where = Object.fromEntries(keys.map((name) => [name, row[names.indexOf(name)].text]));
  const content = element("div", {}, element("p", { class: "muted" }, common.reading));
  const box = element("dialog", { class: "row-story", "aria-labelledby": "row-title" },
    element("h3", { id: "row-title", dir: "auto" }, answer.identified_by.length ? keys.map((name) => where[name] ?? "NULL").join(" · ") : texts.row), content,
    element("p", { class: "buttons" }, element("button", { type: "button", onclick: () => box.close() }, common.close)));
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
  const values = story.rows[0] ?? answer.rows[0].map((one) => one.text);
  const how = answer.identified_by.length ? texts.identifiedBy(answer.identified_by.join(", ")) : texts.noKey;
  return [
    story.rows.length !== 1 && element("p", { class: "muted" }, story.rows.length ? texts.sameValues(story.rows.length) : texts.notLive),
    story.rows.length > 0 && element("dl", { class: "pairs" }, story.columns.map((name, at) => element("div", { class: (values[at] ?? "").length > 60 ? "wide" : null },
      element("dt", { dir: "auto" }, answer.columns[at]?.title ?? name), element("dd", { dir: "auto" }, shown(values[at]))))),
    element("h4", {}, texts.history), element("p", { class: "muted small" }, how),
    !story.is_complete && element("p", { class: "muted small" }, texts.moreRows),
    element("ol", { class: "row-steps" }, story.steps.map((step, index) => stepOf(step, older(story.steps, index), story.columns, page))),
  ];
}

function older(steps, index) {
  return steps.slice(index + 1).find((one) => one.change !== "unknown")?.rows[0] ?? null;
}

function stepOf({ change, version, rows }, before, columns, { go }) {
  const from = version.load_id && !version.origin_id && version.file_name
    ? viewLink(go, { view: "file", id: version.load_id }, { dir: "auto" }, version.file_name) : version.kind === "rollback" ? texts.rollback : version.file_name || NONE;
  const changed = change === "changed" && before && rows.length === 1
    ? columns.flatMap((name, at) => (rows[0][at] === before[at] ? [] : [element("li", {}, element("span", { class: "muted", dir: "auto" }, `${name}: `),
      element("span", { class: "minus", dir: "auto" }, shown(before[at])), " → ", element("span", { class: "plus", dir: "auto" }, shown(rows[0][at])))])) : [];
  const uploaded = version.uploaded_by && texts.uploadedBy(version.uploaded_by);
  const by = version.actor && element("span", {}, uploaded ? texts.approvedBy(version.actor) : texts.by(version.actor), version.reason && element("span", { class: "muted", dir: "auto" }, ` ${common.quoted(version.reason)}`));
  return element("li", {}, element("div", {}, element("strong", {}, texts.changes[change]), texts.versionAmong(version.version), from, uploaded, by),
    moment(version.published_at), changed.length > 0 && element("ul", { class: "changes" }, changed));
}

function shown(value) {
  return value === null ? element("i", { class: "null" }, "NULL") : value === "" ? element("i", { class: "muted" }, common.empty) : value;
}
