/** What an uploaded file would do to its table: the verdict first, then what it rests on. */

import { differences } from "./diff.js";
import { element } from "./dom.js";
import { cell } from "./grid.js";
import { moment } from "./format.js";
import { viewLink } from "./links.js";
import { NONE, number } from "./numbers.js";
import { card, format } from "./story.js";
import { common, preview as texts } from "./texts.js";

const TONES = { load: "completed", warn: "pending", ask: "review", approve: "review", duplicate: "duplicate", refuse: "error" };

/** Whether the file's rows replace those of the table. */
export function kinds(chosen, name, onChoose) {
  const one = (kind, text) => element("label", {}, element("input", { type: "radio", name, value: kind, checked: kind === chosen, "data-focus": `${name} ${kind}`, onchange: () => onChoose(kind) }), text);
  return element("fieldset", { class: "upload-kinds" }, element("legend", {}, texts.kinds),
    one("fullload", texts.fullKind), one("append", texts.appendKind));
}

/** All parts of a preview; `target` changes where the file goes, `load` hands it over. */
export function previewed(shown, page) {
  return [
    goesInto(shown, page),
    ...company(shown, page),
    verdict(shown, page),
    shown.warnings.length > 0 && element("div", { class: "warnings" }, element("p", {}, common.warnings(shown.warnings.length)),
      element("ul", {}, shown.warnings.map((text) => element("li", { dir: "auto" }, text)))),
    shown.rejects.length > 0 && card(texts.notLoadedCount(shown.rejected), rejects(shown)),
    shown.questions.length > 0 && card(shown.questions.length > 1 ? texts.questions : texts.question, ...shown.questions.map(question)),
    shown.difference && card(texts.wouldChange(shown.upload.table), ...differences(shown.difference)),
    element("div", { class: "cards" },
      shown.columns.length > 0 && card(texts.columns, columns(shown)),
      shown.format && card(common.formatFound, format(shown.format))),
  ];
}

function goesInto({ upload }, { tables, target }) {
  const names = tables.includes(upload.table) ? tables : [upload.table, ...tables];
  const table = element("select", { id: "preview-table", "data-focus": "table", onchange: () => target({ table: table.value, load_type: upload.load_type }) },
    names.map((name) => element("option", { value: name, selected: name === upload.table }, name)));
  return element("div", { class: "upload-target" }, element("label", { for: "preview-table" }, texts.intoTable, table),
    kinds(upload.load_type, "preview-kind", (kind) => target({ load_type: kind })));
}

/** Who else is about to change the same table. */
function company({ upload }, { others, go }) {
  return [
    ...others.map((one) => element("p", { class: "company", role: "status", dir: "auto" }, texts.alsoUploaded(one.by, one.name, upload.table),
      viewLink(go, { view: "upload", id: one.id }, { "data-focus": `other ${one.id}` }, texts.lookAtIt), moment(one.at))),
    ...upload.loads.map((one) => element("p", { class: "company", role: "status", dir: "auto" }, texts.onItsWay(one.file_name, upload.table),
      viewLink(go, { view: "file", id: one.id }, { "data-focus": `load ${one.id}` }, texts.followIt), moment(one.created_at))),
  ];
}

function verdict(shown, { load, discard }) {
  const { outcome, upload } = shown;
  const alert = element("p", { class: "trouble", role: "alert" });
  const button = outcome !== "refuse" && element("button", { type: "button", class: "main", "data-focus": "load", onclick: () => load(button, alert) },
    texts.load, element("span", { class: "hidden" }, texts.loadInto(upload.name, upload.table)));
  return element("section", { class: `verdict ${TONES[outcome]}`, "aria-label": texts.result },
    element("p", {}, element("span", { class: `badge ${TONES[outcome]}` }, texts.outcomes[outcome])),
    element("p", { class: "said", dir: "auto" }, sentenceOf(shown)),
    shown.changes && shown.changes !== "no change" && element("p", { class: "muted", dir: "auto" }, texts.columnsChange(shown.changes)),
    shown.approval.map((text) => element("p", { class: "muted" }, text)),
    shown.refused?.plain_advice && element("p", { class: "muted", dir: "auto" }, common.whatToDo, shown.refused.plain_advice),
    alert, element("p", { class: "answers" }, button, discard));
}

function sentenceOf(shown) {
  const { outcome, upload, rows } = shown;
  if (outcome === "refuse") return shown.refused.message;
  if (outcome === "duplicate") return texts.saidDuplicate(upload.table);
  if (outcome === "ask") return texts.saidAsk(shown.questions.length);
  if (outcome === "approve") return texts.saidApprove(upload.table);
  const left = shown.rejected ? texts.saidLeft(shown.rejected) : "";
  if (shown.is_new) return `${texts.saidNew(upload.table, rows)}${left}`;
  if (!shown.difference) return `${texts.saidAdded(rows, upload.table)}${left}`;
  return `${changesOf(shown.difference)} ${texts.saidThen(upload.table, shown.difference.rows_after)}${left}`;
}

function changesOf({ added, removed, changed }) {
  const parts = [[added, texts.added], [removed, texts.removed], [changed, texts.changed]].filter(([count]) => count)
    .map(([count, what], place) => (place ? texts.nextChange(count, what) : texts.firstChange(count, what)));
  return parts.length ? `${parts.join(", ")}.` : texts.noRowChanges;
}

function rejects({ rejects: rows, rejected, allowed_rejects: allowed }) {
  return [element("p", { class: "muted" }, allowed ? texts.upToMayBeLeft(allowed) : texts.noneMayBeLeft,
    rejected > rows.length && texts.firstListed(rows.length)),
  element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": texts.notLoaded },
    element("table", { class: "plain rejected" }, element("thead", {}, element("tr", {}, [texts.line, texts.reason, texts.lineText].map((title) => element("th", { scope: "col", class: title === texts.line ? "figure" : null }, title)))),
      element("tbody", {}, rows.map((row) => element("tr", {}, element("td", { class: "figure" }, number(row.line)),
        element("td", { dir: "auto" }, row.reason), element("td", { dir: "auto" }, element("code", {}, row.raw)))))))];
}

function question(one) {
  return element("section", { class: "question" }, element("h4", { dir: "auto" }, one.subject),
    element("ul", {}, [...one.evidence, ...one.examples].map((text) => element("li", { dir: "auto" }, text))),
    element("p", { class: "muted" }, texts.possibleAnswers),
    element("div", { class: "choices", role: "list" }, one.choices.map((choice) => element("div", { class: "choice", role: "listitem" },
      element("strong", { dir: "auto" }, choice.label), element("span", { class: "muted", dir: "auto" }, choice.effect)))));
}

function columns(shown) {
  return element("table", { class: "columns-found", role: "table" }, element("caption", { class: "hidden" }, texts.columnsCaption),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, [texts.column, texts.inFile, texts.inTable, ""].map((title) => element("th", { scope: "col", role: "columnheader" }, title || element("span", { class: "hidden" }, texts.difference))))),
    element("tbody", { role: "rowgroup" }, shown.columns.map((one) => element("tr", { role: "row" },
      cell(texts.column, { class: "name", dir: "auto" }, one.name, one.source !== null && one.source !== one.name && element("span", { class: "muted small block" }, texts.headed(one.source))),
      cell(texts.inFile, {}, one.source === null ? NONE : element("code", {}, one.file_type ?? texts.noValues)),
      cell(texts.inTable, {}, one.table_type ? element("code", {}, one.table_type) : NONE),
      element("td", { role: "cell" }, ...noted(one, shown))))));
}

function noted(one, shown) {
  if (one.source === null) return [element("span", { class: "badge pending" }, texts.missing)];
  if (one.table_type === null && !shown.is_new) return [element("span", { class: "badge review" }, texts.isNew)];
  return [];
}
