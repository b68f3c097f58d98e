/** One table: its columns, its versions, the differences between two, and rollback. */

import { ask, change } from "./client.js";
import { contractEditor } from "./contract.js";
import { confirmed, failureText, requestId } from "./dialog.js";
import { differences, shortly } from "./diff.js";
import { element, redraw } from "./dom.js";
import { cell } from "./grid.js";
import { moment } from "./format.js";
import { downloads, runLink, viewLink } from "./links.js";
import { closedNote, manageButtons } from "./manage.js";
import { NONE, number } from "./numbers.js";
import { contractFacts, isBeingTaken, keptAnswers, questionForm } from "./questions.js";
import { tile } from "./overview.js";
import { showRows } from "./rows.js";
import { card } from "./story.js";
import { common, table as texts } from "./texts.js";

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
    viewLink(go, { view: "tables" }, { class: "back", "data-focus": "back" }, texts.back),
    element("div", { class: "title" }, element("h2", { dir: "auto" }, info.table_name), manageButtons(page, (text) => { notice = { table: info.table_name, text }; })),
    closedNote(page.closed, page, (text) => { notice = { table: info.table_name, text }; }),
    page.me.left_to && element("p", { class: "muted" }, texts.leftTo(page.me.left_to)),
    notice?.table === info.table_name && element("p", { class: "done-well", role: "status" }, notice.text),
    element("dl", { class: "tiles" },
      tile(texts.rows, number(page.versions.find((one) => one.is_live)?.rows), ""),
      tile(texts.liveVersion, number(info.live_version), texts.kept(info.versions_kept)),
      tile(texts.columns, number(info.columns.length), info.keys.length ? texts.key(info.keys.join(", ")) : ""),
      tile(texts.lastLoad, moment(info.summary?.last_loaded_at), ""),
      tile(texts.filesLoaded, viewLink(go, { view: "files", search: info.table_name }, { "data-focus": "files" }, number(info.summary?.files ?? 0)), "")),
    ...questions(page),
    page.asked && comparison(page),
  ];
}

function details(page) {
  const { info, go } = page;
  return [
    card(texts.versions, versionsOf(page)),
    card(texts.columns, element("ul", { class: "typed" }, info.columns.map((column) =>
      element("li", {}, element("span", { dir: "auto" }, column.name), element("code", {}, column.type),
        !column.nullable && element("span", { class: "muted small" }, texts.required))))),
    page.kept.length > 0 && card(texts.keptAnswers, keptAnswers(page.kept, page)),
    card(texts.contract, contractEditor(page), page.trouble ? element("p", { class: "trouble", role: "alert" }, page.trouble) : contractFacts(page.contract, go)),
  ];
}

/** The questions of the table's held loads, by load. */
function questions(page) {
  const loads = Map.groupBy(page.waiting, (question) => question.load_id);
  return [...loads].map(([load, open]) => element("div", { class: "first" }, card(texts.asks,
    element("p", {}, viewLink(page.go, { view: "file", id: load }, { dir: "auto", "data-focus": `asking ${load}` }, open[0].file_name), texts.waits),
    ...questionForm(load, open, page))));
}

function comparison({ asked, diff, info, versions, adjust }) {
  const choice = (title, side) => element("select", { "aria-label": title, "data-focus": title, onchange: (event) =>
    adjust({ ...asked, [side]: Number(event.target.value) }, { replace: true }) },
  versions.filter((one) => one.is_kept).map((one) => element("option", { value: one.version, selected: one.version === asked[side] },
    common.versionChoice(one.version, one.is_live))));
  return element("section", { class: "card compare" },
    element("div", { class: "heading" }, element("h3", {}, texts.differencesFrom, choice(texts.fromVersion, "a"), texts.differencesTo, choice(texts.toVersion, "b")),
      element("span", { class: "downloads" }, diff !== "pending" && downloads(`download/${encodeURIComponent(info.table_name)}/difference`, asked, "difference", texts.everyDifference)),
      element("button", { type: "button", class: "plain", "data-focus": "close", onclick: () => adjust({ a: null, b: null }) }, common.close)),
    ...(diff === "pending" ? [element("p", { class: "muted" }, common.comparing)] : differences(diff)));
}

function versionsOf(page) {
  const table = element("table", { class: "versions", role: "table" }, element("caption", { class: "hidden" }, texts.caption),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, [texts.version, texts.what, texts.rows, texts.when, texts.from, texts.by, ""].map((title) =>
      element("th", { scope: "col", role: "columnheader", class: title === texts.rows ? "figure" : null }, title || element("span", { class: "hidden" }, texts.actions))))),
    element("tbody", { role: "rowgroup" }, page.versions.map((version) => versionRow(version, page))));
  return table;
}

function versionRow(version, page) {
  const { go } = page;
  const from = version.load_id && !version.origin_id
    ? viewLink(go, { view: "file", id: version.load_id }, { dir: "auto", "data-focus": `file ${version.version}` }, version.file_name) : version.file_name || NONE;
  const uploaded = version.uploaded_by && element("span", {}, texts.uploadedBy(version.uploaded_by));
  const by = version.actor || uploaded ? element("span", { class: "names" }, uploaded, version.actor, version.reason && element("span", { class: "muted small", dir: "auto" }, common.quoted(version.reason)))
    : version.run_path ? runLink(version.run_path, texts.versionNamed(version.version)) : NONE;
  return element("tr", { role: "row", class: version.is_live ? "live" : null },
    cell(texts.version, { class: "name" }, `${version.version} `, version.is_live && element("span", { class: "badge completed" }, texts.live)),
    cell(texts.what, {}, version.kind ? common.loadTypes[version.kind] : texts.beforeRefdata),
    cell(texts.rows, { class: "figure" }, number(version.rows)),
    cell(texts.when, {}, moment(version.published_at)),
    cell(texts.from, { class: "from" }, from), cell(texts.by, {}, by),
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
  if (!version.is_kept) return [element("span", { class: "muted small" }, texts.deletedRows)];
  const before = versions.find((one) => one.version < version.version && one.is_kept);
  const [a, b] = version.is_live ? [before?.version, version.version] : [version.version, info.live_version];
  const found = [a !== undefined && element("button", { type: "button", class: "plain", "data-focus": `compare ${version.version}`,
    onclick: () => compareSeen(adjust, { a, b }) }, version.is_live ? texts.whatChanged : texts.compareLive, element("span", { class: "hidden" }, texts.versionOf(version.version)))];
  if (!me.may_undo) return found;
  if (!version.is_live) {
    found.push(element("button", { type: "button", class: "plain", "data-focus": `back ${version.version}`, onclick: () => rollback(version, page) },
      texts.rollBack, element("span", { class: "hidden" }, texts.versionTo(version.version))));
  } else if (version.kind === "append") {
    found.push(element("button", { type: "button", class: "plain", "data-focus": "take back", onclick: () => takeBack(version, page) }, texts.takeBack));
  }
  return found;
}

/** A change that the server refuses with this category may be done by a person who accepts it. */
const ORPHANS = { category: "orphans", text: texts.acceptOrphans };

function rollback(version, { info, refresh }) {
  const request = requestId();
  confirmed({
    title: texts.rollBackTitle(info.table_name, version.version),
    content: compare(info.table_name, { a: info.live_version, b: version.version }).then(shortly),
    action: texts.rollBack,
    accepting: ORPHANS,
    act: async (reason, accepted) => {
      const { data } = await change(`tables/${encodeURIComponent(info.table_name)}/rollback`,
        { version: version.version, expected_version: info.live_version, reason, request_id: request, accept_orphans: accepted });
      announce(data, texts.rolledBack(version.version));
      await refresh();
      seen(".done-well");
    },
  });
}

function takeBack(version, { info, versions, refresh }) {
  const request = requestId();
  const before = versions.find((one) => one.version < version.version && one.is_kept);
  const shown = before ? compare(info.table_name, { a: version.version, b: before.version }).then(shortly)
    : Promise.resolve([element("p", {}, texts.rowCount(version.rows))]);
  confirmed({
    title: texts.takeBackTitle(version.file_name, info.table_name),
    content: shown, action: texts.takeBack,
    accepting: ORPHANS,
    act: async (reason, accepted) => {
      const { data } = await change(`loads/${version.load_id}/take-back`, { reason, request_id: request, accept_orphans: accepted });
      announce(data, texts.takenBack(version.file_name));
      await refresh();
      seen(".done-well");
    },
  });
}

function announce(done, what) {
  notice = { table: done.table, text: texts.done(what, done.version, done.rows_before, done.rows) };
}
