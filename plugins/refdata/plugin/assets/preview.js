/** What an uploaded file would do to its table: the verdict first, then what it rests on. */

import { differences } from "./diff.js";
import { element } from "./dom.js";
import { cell } from "./grid.js";
import { moment, number, plural } from "./format.js";
import { viewLink } from "./links.js";
import { card, format } from "./story.js";

const TONES = { load: "completed", warn: "pending", ask: "review", approve: "review", duplicate: "duplicate", refuse: "error" };
const BADGES = { load: "can be loaded", warn: "can be loaded", ask: "needs answer", approve: "needs approval", duplicate: "already loaded", refuse: "would be refused" };

/** Whether the file's rows replace those of the table. */
export function kinds(chosen, name, onChoose) {
  const one = (kind, text) => element("label", {}, element("input", { type: "radio", name, value: kind, checked: kind === chosen, "data-focus": `${name} ${kind}`, onchange: () => onChoose(kind) }), text);
  return element("fieldset", { class: "upload-kinds" }, element("legend", {}, "The file's rows"),
    one("fullload", "replace the table's rows"), one("append", "are added to the table"));
}

/** All parts of a preview; `target` changes where the file goes, `load` hands it over. */
export function previewed(shown, page) {
  return [
    goesInto(shown, page),
    ...company(shown, page),
    verdict(shown, page),
    shown.warnings.length > 0 && element("div", { class: "warnings" }, element("p", {}, plural(shown.warnings.length, "warning", "warnings")),
      element("ul", {}, shown.warnings.map((text) => element("li", { dir: "auto" }, text)))),
    shown.rejects.length > 0 && card(`Lines that would not be loaded: ${number(shown.rejected)}`, rejects(shown)),
    shown.questions.length > 0 && card(shown.questions.length > 1 ? "Questions that the load would ask" : "A question that the load would ask", ...shown.questions.map(question)),
    shown.difference && card(`What would change in ${shown.upload.table}`, ...differences(shown.difference)),
    element("div", { class: "cards" },
      shown.columns.length > 0 && card("Columns", columns(shown)),
      shown.format && card("Format found", format(shown.format))),
  ];
}

function goesInto({ upload }, { tables, target }) {
  const names = tables.includes(upload.table) ? tables : [upload.table, ...tables];
  const table = element("select", { id: "preview-table", "data-focus": "table", onchange: () => target({ table: table.value, load_type: upload.load_type }) },
    names.map((name) => element("option", { value: name, selected: name === upload.table }, name)));
  return element("div", { class: "upload-target" }, element("label", { for: "preview-table" }, "Into table", table),
    kinds(upload.load_type, "preview-kind", (kind) => target({ load_type: kind })));
}

/** Who else is about to change the same table. */
function company({ upload }, { others, go }) {
  return [
    ...others.map((one) => element("p", { class: "company", role: "status", dir: "auto" }, `${one.by} has also uploaded ${one.name} for ${upload.table}: `,
      viewLink(go, { view: "upload", id: one.id }, { "data-focus": `other ${one.id}` }, "look at it"), moment(one.at))),
    ...upload.loads.map((one) => element("p", { class: "company", role: "status", dir: "auto" }, `${one.file_name} is on its way into ${upload.table}, before this file: `,
      viewLink(go, { view: "file", id: one.id }, { "data-focus": `load ${one.id}` }, "follow it"), moment(one.created_at))),
  ];
}

function verdict(shown, { load, discard }) {
  const { outcome, upload } = shown;
  const alert = element("p", { class: "trouble", role: "alert" });
  const button = outcome !== "refuse" && element("button", { type: "button", class: "main", "data-focus": "load", onclick: () => load(button, alert) },
    "Load", element("span", { class: "hidden" }, ` ${upload.name} into ${upload.table}`));
  return element("section", { class: `verdict ${TONES[outcome]}`, "aria-label": "Result" },
    element("p", {}, element("span", { class: `badge ${TONES[outcome]}` }, BADGES[outcome])),
    element("p", { class: "said", dir: "auto" }, sentenceOf(shown)),
    shown.changes && shown.changes !== "no change" && element("p", { class: "muted", dir: "auto" }, `Columns: ${shown.changes}.`),
    shown.approval.map((text) => element("p", { class: "muted" }, text)),
    shown.refused?.advice && element("p", { class: "muted", dir: "auto" }, "What to do: ", shown.refused.advice),
    alert, element("p", { class: "answers" }, button, discard));
}

function sentenceOf(shown) {
  const { outcome, upload, rows } = shown;
  const many = plural(rows, "row", "rows");
  if (outcome === "refuse") return shown.refused.message;
  if (outcome === "duplicate") return `${upload.table} has exactly this content already. Loading it would change nothing.`;
  if (outcome === "ask") return `The load would stop and ask ${plural(shown.questions.length, "question", "questions")}, which can be answered on this page.`;
  if (outcome === "approve") return `It changes more of ${upload.table} than its limits allow without approval. The load would wait until somebody approves it.`;
  const left = shown.rejected ? ` ${plural(shown.rejected, "line is", "lines are")} left out.` : "";
  if (shown.is_new) return `It would create the table ${upload.table} with ${many}.${left}`;
  if (!shown.difference) return `${many} would be added to ${upload.table}.${left}`;
  return `${changesOf(shown.difference)} ${upload.table} would then have ${plural(shown.difference.rows_after, "row", "rows")}.${left}`;
}

function changesOf({ added, removed, changed }) {
  const parts = [[added, "added"], [removed, "removed"], [changed, "changed"]].filter(([count]) => count).map(([count, what], place) =>
    `${place ? number(count) : plural(count, "row", "rows")} ${place ? "" : "would be "}${what}`.replace("  ", " "));
  return parts.length ? `${parts.join(", ")}.` : "No row would change.";
}

function rejects({ rejects: rows, rejected, allowed_rejects: allowed }) {
  return [element("p", { class: "muted" }, allowed ? `Up to ${number(allowed)} may be left out.` : "None may be left out: correct them in the file.",
    rejected > rows.length && ` The first ${number(rows.length)} are listed.`),
  element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Lines that would not be loaded" },
    element("table", { class: "plain rejected" }, element("thead", {}, element("tr", {}, ["Line", "Reason", "Text in the file"].map((title) => element("th", { scope: "col", class: title === "Line" ? "figure" : null }, title)))),
      element("tbody", {}, rows.map((row) => element("tr", {}, element("td", { class: "figure" }, number(row.line)),
        element("td", { dir: "auto" }, row.reason), element("td", { dir: "auto" }, element("code", {}, row.raw)))))))];
}

function question(one) {
  return element("section", { class: "question" }, element("h4", { dir: "auto" }, one.subject),
    element("ul", {}, [...one.evidence, ...one.examples].map((text) => element("li", { dir: "auto" }, text))),
    element("p", { class: "muted" }, "Possible answers:"),
    element("div", { class: "choices", role: "list" }, one.choices.map((choice) => element("div", { class: "choice", role: "listitem" },
      element("strong", { dir: "auto" }, choice.label), element("span", { class: "muted", dir: "auto" }, choice.effect)))));
}

function columns(shown) {
  return element("table", { class: "columns-found", role: "table" }, element("caption", { class: "hidden" }, "Columns of the file and of the table"),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ["Column", "In the file", "In the table", ""].map((title) => element("th", { scope: "col", role: "columnheader" }, title || element("span", { class: "hidden" }, "Difference"))))),
    element("tbody", { role: "rowgroup" }, shown.columns.map((one) => element("tr", { role: "row" },
      cell("Column", { class: "name", dir: "auto" }, one.name, one.source !== null && one.source !== one.name && element("span", { class: "muted small block" }, `headed “${one.source}”`)),
      cell("In the file", {}, one.source === null ? "–" : element("code", {}, one.file_type ?? "no values")),
      cell("In the table", {}, one.table_type ? element("code", {}, one.table_type) : "–"),
      element("td", { role: "cell" }, ...noted(one, shown))))));
}

function noted(one, shown) {
  if (one.source === null) return [element("span", { class: "badge pending" }, "missing in the file")];
  if (one.table_type === null && !shown.is_new) return [element("span", { class: "badge review" }, "new")];
  return [];
}
