/** The loaded tables. */

import { element, reconcile } from "./dom.js";
import { cell, drawHeader, grid } from "./grid.js";
import { moment } from "./format.js";
import { viewLink } from "./links.js";
import { number } from "./numbers.js";
import { tables as texts } from "./texts.js";

const COLUMNS = [
  [texts.table, "table_name"], [texts.kind, "is_reference_data"], [texts.rows, "rows_live", "figure"],
  [texts.version, "version_id", "figure"], [texts.files, "files", "figure"], [texts.lastLoad, "last_loaded_at"],
  [texts.lastFile, "last_file_name"],
];

export const SORTS = [
  ["table_name", texts.sortName], ["-last_loaded_at", texts.sortLastLoad], ["-rows_live", texts.sortMostRows], ["-version_id", texts.sortVersion],
];

/** The tables whose name contains the search, in the requested order. */
export function arranged(tables, search, sort) {
  const wanted = search.trim().toLowerCase();
  const column = sort.replace("-", "");
  const sign = sort.startsWith("-") ? -1 : 1;
  return tables
    .filter((table) => table.table_name.toLowerCase().includes(wanted))
    .toSorted((one, other) => sign * compare(one[column], other[column]) || compare(one.table_name, other.table_name));
}

function compare(one, other) {
  if (typeof one === "string" && typeof other === "string") return one.localeCompare(other);
  return Number(one) - Number(other);
}

/** Draws the tables; a name links to the table's own view, the number of files to those files. */
export function showTables(place, tables, sort, onSort, go) {
  const table = grid(place, "tables", texts.caption);
  if (!table.tBodies.length) table.append(element("tbody", { role: "rowgroup" }));
  drawHeader(table, COLUMNS, sort, ["rows_live", "version_id", "files", "last_loaded_at"], onSort);
  reconcile(table.tBodies[0], tables, (one) => one.table_name, (one) => JSON.stringify(one), (one) => row(one, go));
}

function row(table, go) {
  const name = viewLink(go, { view: "table", name: table.table_name }, { dir: "auto", "data-focus": "table" }, table.table_name);
  const files = viewLink(go, { view: "files", search: table.table_name }, { "data-focus": "files",
    "aria-label": texts.filesOf(table.files, table.table_name) }, number(table.files));
  return element("tr", { role: "row" },
    cell(texts.table, { class: "name" }, name, table.is_retired && element("span", { class: "badge cancelled" }, texts.retired)),
    cell(texts.kind, {}, table.is_reference_data ? texts.reference : texts.other),
    cell(texts.rows, { class: "figure" }, number(table.rows_live)),
    cell(texts.version, { class: "figure" }, number(table.version_id)),
    cell(texts.files, { class: "figure" }, files),
    cell(texts.lastLoad, {}, moment(table.last_loaded_at)),
    cell(texts.lastFile, { class: "file", dir: "auto" }, table.last_file_name));
}
