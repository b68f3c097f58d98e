/** The loaded tables. */

import { element, reconcile } from "./dom.js";
import { cell, drawHeader, grid } from "./grid.js";
import { moment, number } from "./format.js";
import { viewLink } from "./links.js";

const COLUMNS = [
  ["Table", "table_name"], ["Kind", "is_reference_data"], ["Rows", "rows_live", "figure"],
  ["Version", "version_id", "figure"], ["Files", "files", "figure"], ["Last load", "last_loaded_at"],
  ["Last file", "last_file_name"],
];

export const SORTS = [
  ["table_name", "name"], ["-last_loaded_at", "last load"], ["-rows_live", "most rows"], ["-version_id", "version"],
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
  const table = grid(place, "tables", "Loaded tables");
  if (!table.tBodies.length) table.append(element("tbody", { role: "rowgroup" }));
  drawHeader(table, COLUMNS, sort, ["rows_live", "version_id", "files", "last_loaded_at"], onSort);
  reconcile(table.tBodies[0], tables, (one) => one.table_name, (one) => JSON.stringify(one), (one) => row(one, go));
}

function row(table, go) {
  const name = viewLink(go, { view: "table", name: table.table_name }, { dir: "auto", "data-focus": "table" }, table.table_name);
  const files = viewLink(go, { view: "files", search: table.table_name }, { "data-focus": "files",
    "aria-label": `${number(table.files)} files of ${table.table_name}` }, number(table.files));
  return element("tr", { role: "row" },
    cell("Table", { class: "name" }, name, table.is_retired && element("span", { class: "badge cancelled" }, "retired")),
    cell("Kind", {}, table.is_reference_data ? "Reference" : "Other"),
    cell("Rows", { class: "figure" }, number(table.rows_live)),
    cell("Version", { class: "figure" }, number(table.version_id)),
    cell("Files", { class: "figure" }, files),
    cell("Last load", {}, moment(table.last_loaded_at)),
    cell("Last file", { class: "file", dir: "auto" }, table.last_file_name));
}
