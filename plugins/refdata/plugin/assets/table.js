/** One table: its columns, its versions, the differences between two, and rollback. */

import { ask, change } from "./client.js";
import { contractEditor } from "./contract.js";
import { confirmed, failureText, requestId } from "./dialog.js";
import { differences, shortly } from "./diff.js";
import { element, redraw } from "./dom.js";
import { LOAD_TYPES } from "./files.js";
import { cell, grid } from "./grid.js";
import { NONE, moment, number, plural } from "./format.js";
import { downloads, runLink, viewLink } from "./links.js";
import { closedNote, manageButtons } from "./manage.js";
import { contractFacts, isBeingTaken, keptAnswers, questionForm } from "./questions.js";
import { tile } from "./overview.js";
import { showRows } from "./rows.js";
import { card } from "./story.js";

/** Past comparisons; the difference of two versions never changes. */
const compared = new Map();
let notice = null;

export async function showTable(page) {
  const { place, state, signal } = page;
  const path = `tables/${encodeURIComponent(state.name)}`;
  const [info, versions, me, waiting, kept, contract, closed] = await Promise.all([ask(path, {}, signal), ask(`${path}/versions`, {}, signal),
    ask("me", { table: state.name }, signal), ask("questions", { table: state.name }, signal), ask(`${path}/answers`, {}, signal), orFailure(ask(`${path}/contract`, {}, signal)),
    ask("closed", {}, signal)]);
  const memory = { waiting: waiting.data, kept: kept.data, contract: contract.data, trouble: contract.failure ?? null,
    closed: closed.data.find((one) => one.table_name === info.data.table_name) ?? null };
  const taken = waiting.data.some((question) => isBeingTaken(question.load_id));
  const asked = state.a !== null && state.b !== null ? { a: state.a, b: state.b } : null;
  const parts = places(place, state.name);
  const draw = (diff) => redraw(parts.about, `table ${state.name}`, [info.data, versions.data, me.data, memory, taken, asked, diff, notice], () =>
    view({ ...page, ...memory, info: info.data, versions: versions.data, me: me.data, asked, diff }));
  redraw(parts.below, `below ${state.name}`, [info.data, versions.data, me.data, memory], () =>
    details({ ...page, ...memory, info: info.data, versions: versions.data, me: me.data }));
  const rows = showRows(parts.rows, page, versions.data);
  if (!asked) {
    draw(null);
    await rows;
  } else {
    draw(compared.get(keyOf(state.name, asked)) ?? "pending");
    draw(await compare(state.name, asked, signal));
    await rows;
  }
  return taken;
}

/** Above the rows, the rows, and below them: each is drawn by itself, so that typing in one survives the others. */
function places(place, name) {
  if (place.firstElementChild?.dataset.table !== name) {
    place.replaceChildren(element("div", { "data-table": name }, element("div"), element("div"), element("div")));
  }
  const [about, rows, below] = place.firstElementChild.children;
  return { about, rows, below };
}

/** A wrong contract file must not hide the table. */
async function orFailure(answer) {
  try {
    return await answer;
  } catch (failure) {
    if (failure.name === "AbortError" || failure.status === 401) throw failure;
    return { data: [], failure: failureText(failure) };
  }
}

function keyOf(name, { a, b }) {
  return JSON.stringify([name, a, b]);
}

async function compare(name, asked, signal = undefined) {
  const key = keyOf(name, asked);
  if (!compared.has(key)) compared.set(key, (await ask(`tables/${encodeURIComponent(name)}/diff`, asked, signal)).data);
  return compared.get(key);
}

function view(page) {
  const { info, go } = page;
  return [
    viewLink(go, { view: "tables" }, { class: "back", "data-focus": "back" }, "← Tables"),
    element("div", { class: "title" }, element("h2", { dir: "auto" }, info.table_name), manageButtons(page, (text) => { notice = { table: info.table_name, text }; })),
    closedNote(page.closed, page, (text) => { notice = { table: info.table_name, text }; }),
    page.me.left_to && element("p", { class: "muted" }, `${page.me.left_to} answers for this table and alone may change it.`),
    notice?.table === info.table_name && element("p", { class: "done-well", role: "status" }, notice.text),
    element("dl", { class: "tiles" },
      tile("Rows", number(page.versions.find((one) => one.is_live)?.rows), ""),
      tile("Live version", number(info.live_version), `${plural(info.versions_kept, "version", "versions")} kept`),
      tile("Columns", number(info.columns.length), info.keys.length ? `key: ${info.keys.join(", ")}` : ""),
      tile("Last load", moment(info.summary?.last_loaded_at), ""),
      tile("Files loaded", viewLink(go, { view: "files", search: info.table_name }, { "data-focus": "files" }, number(info.summary?.files ?? 0)), "")),
    ...questions(page),
    page.asked && comparison(page),
  ];
}

function details(page) {
  const { info, go } = page;
  return [
    card("Versions", versionsOf(page)),
    card("Columns", element("ul", { class: "typed" }, info.columns.map((column) =>
      element("li", {}, element("span", { dir: "auto" }, column.name), element("code", {}, column.type),
        !column.nullable && element("span", { class: "muted small" }, "required"))))),
    page.kept.length > 0 && card("Kept answers", keptAnswers(page.kept, page)),
    card("Contract", contractEditor(page), page.trouble ? element("p", { class: "trouble", role: "alert" }, page.trouble) : contractFacts(page.contract, go)),
  ];
}

/** The questions of the table's held loads, by load. */
function questions(page) {
  const loads = Map.groupBy(page.waiting, (question) => question.load_id);
  return [...loads].map(([load, open]) => element("div", { class: "first" }, card("A file asks",
    element("p", {}, viewLink(page.go, { view: "file", id: load }, { dir: "auto", "data-focus": `asking ${load}` }, open[0].file_name), " waits for an answer."),
    ...questionForm(load, open, page))));
}

function comparison({ asked, diff, info, versions, adjust }) {
  const choice = (name, chosen) => element("select", { "aria-label": name, "data-focus": name, onchange: (event) =>
    adjust({ ...asked, [name === "From version" ? "a" : "b"]: Number(event.target.value) }, { replace: true }) },
  versions.filter((one) => one.is_kept).map((one) => element("option", { value: one.version, selected: one.version === chosen },
    `${one.version}${one.is_live ? ", live" : ""}`)));
  return element("section", { class: "card compare" },
    element("div", { class: "heading" }, element("h3", {}, "Differences from version ", choice("From version", asked.a), " to ", choice("To version", asked.b)),
      element("span", { class: "downloads" }, diff !== "pending" && downloads(`download/${encodeURIComponent(info.table_name)}/difference`, asked, "difference", "Every row that differs")),
      element("button", { type: "button", class: "plain", "data-focus": "close", onclick: () => adjust({ a: null, b: null }) }, "Close")),
    ...(diff === "pending" ? [element("p", { class: "muted" }, "Comparing…")] : differences(diff)));
}

function versionsOf(page) {
  const table = element("table", { class: "versions", role: "table" }, element("caption", { class: "hidden" }, "Versions, newest first"),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ["Version", "What", "Rows", "When", "From", "By", ""].map((title) =>
      element("th", { scope: "col", role: "columnheader", class: title === "Rows" ? "figure" : null }, title || element("span", { class: "hidden" }, "Actions"))))),
    element("tbody", { role: "rowgroup" }, page.versions.map((version) => versionRow(version, page))));
  return table;
}

function versionRow(version, page) {
  const { go } = page;
  const from = version.load_id && !version.origin_id
    ? viewLink(go, { view: "file", id: version.load_id }, { dir: "auto", "data-focus": `file ${version.version}` }, version.file_name) : version.file_name || NONE;
  const uploaded = version.uploaded_by && element("span", {}, `Uploaded by ${version.uploaded_by}`);
  const by = version.actor || uploaded ? element("span", { class: "names" }, uploaded, version.actor, version.reason && element("span", { class: "muted small", dir: "auto" }, `“${version.reason}”`))
    : version.run_path ? runLink(version.run_path, `version ${version.version}`) : NONE;
  return element("tr", { role: "row", class: version.is_live ? "live" : null },
    cell("Version", { class: "name" }, `${version.version} `, version.is_live && element("span", { class: "badge completed" }, "live")),
    cell("What", {}, version.kind ? LOAD_TYPES[version.kind] : "Before refdata"),
    cell("Rows", { class: "figure" }, number(version.rows)),
    cell("When", {}, moment(version.published_at)),
    cell("From", { class: "from" }, from), cell("By", {}, by),
    element("td", { role: "cell", class: "actions" }, actions(version, page)));
}

async function compareSeen(adjust, asked) {
  await adjust(asked);
  seen(".compare");
}

/** A button's result appears above the versions: without this the view stays where the button was. */
function seen(selector) {
  document.querySelector(selector)?.scrollIntoView({ block: "start" });
}

function actions(version, page) {
  const { info, me, adjust, versions } = page;
  if (!version.is_kept) return [element("span", { class: "muted small" }, "rows deleted by retention")];
  const before = versions.find((one) => one.version < version.version && one.is_kept);
  const what = `version ${version.version}`;
  const [a, b] = version.is_live ? [before?.version, version.version] : [version.version, info.live_version];
  const found = [a !== undefined && element("button", { type: "button", class: "plain", "data-focus": `compare ${version.version}`,
    onclick: () => compareSeen(adjust, { a, b }) }, version.is_live ? "What changed" : "Compare with live", element("span", { class: "hidden" }, ` ${what}`))];
  if (!me.may_undo) return found;
  if (!version.is_live) {
    found.push(element("button", { type: "button", class: "plain", "data-focus": `back ${version.version}`, onclick: () => rollback(version, page) },
      "Roll back", element("span", { class: "hidden" }, ` to ${what}`)));
  } else if (version.kind === "append") {
    found.push(element("button", { type: "button", class: "plain", "data-focus": "take back", onclick: () => takeBack(version, page) }, "Take back"));
  }
  return found;
}

/** A change that the server refuses with this category may be done by a person who accepts it. */
const ORPHANS = { category: "orphans", text: "Accept it: these rows may refer to nothing until their table is loaded again" };

function rollback(version, { info, refresh }) {
  const request = requestId();
  confirmed({
    title: `Roll ${info.table_name} back to version ${version.version}?`,
    content: compare(info.table_name, { a: info.live_version, b: version.version }).then(shortly),
    action: "Roll back",
    accepting: ORPHANS,
    act: async (reason, accepted) => {
      const { data } = await change(`tables/${encodeURIComponent(info.table_name)}/rollback`,
        { version: version.version, expected_version: info.live_version, reason, request_id: request, accept_orphans: accepted });
      announce(data, `The rows of version ${version.version} are live again`);
      await refresh();
      seen(".done-well");
    },
  });
}

function takeBack(version, { info, versions, refresh }) {
  const request = requestId();
  const before = versions.find((one) => one.version < version.version && one.is_kept);
  const shown = before ? compare(info.table_name, { a: version.version, b: before.version }).then(shortly)
    : Promise.resolve([element("p", {}, `${number(version.rows)} rows`)]);
  confirmed({
    title: `Take ${version.file_name} back out of ${info.table_name}?`,
    content: shown, action: "Take back",
    accepting: ORPHANS,
    act: async (reason, accepted) => {
      const { data } = await change(`loads/${version.load_id}/take-back`, { reason, request_id: request, accept_orphans: accepted });
      announce(data, `The rows of ${version.file_name} are taken back`);
      await refresh();
      seen(".done-well");
    },
  });
}

function announce(done, what) {
  notice = { table: done.table, text: `${what}, as version ${done.version}: ${number(done.rows_before)} → ${number(done.rows)} rows.` };
}
