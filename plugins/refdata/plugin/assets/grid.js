/** The parts shared by both tables: sortable headers, labelled cells. */

import { element } from "./dom.js";
import { NONE } from "./numbers.js";

/**
 * An empty table, or the existing one. Roles are explicit: the narrow layout turns
 * rows and cells into blocks, which would make a browser forget their roles.
 */
export function grid(place, name, caption) {
  const there = place.querySelector(`table.${name}`);
  if (there) return there;
  const table = element("table", { class: name, role: "table" },
    element("caption", { class: "hidden" }, caption), element("thead", { role: "rowgroup" }));
  place.replaceChildren(table);
  return table;
}

/**
 * Draws the headers when the order has changed.
 *
 * @param columns  [title, column or null, class] each; those with a column can be sorted by.
 * @param descendingFirst  the columns whose first click sorts in descending order.
 */
export function drawHeader(table, columns, sort, descendingFirst, onSort) {
  if (table.dataset.sort === sort) return;
  table.dataset.sort = sort;
  const head = table.querySelector("thead");
  const focused = head.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  head.replaceChildren(element("tr", { role: "row" },
    columns.map((column) => headerCell(column, sort, descendingFirst, onSort))));
  if (focused) head.querySelector(`[data-focus="${focused}"]`)?.focus();
}

function headerCell([title, column, kind], sort, descendingFirst, onSort) {
  if (column === null) return element("th", { scope: "col", role: "columnheader", class: kind }, title);
  const current = sort.replace("-", "") === column;
  const descending = current ? sort.startsWith("-") : !descendingFirst.includes(column);
  return element("th", { scope: "col", role: "columnheader", class: kind,
    "aria-sort": current ? (descending ? "descending" : "ascending") : null },
  element("button", { type: "button", "data-focus": column, onclick: () => onSort(`${descending ? "" : "-"}${column}`) },
    title, element("span", { class: "order", "aria-hidden": "true" }, current ? (descending ? "↓" : "↑") : "")));
}

/** A cell with its column's title, which the narrow layout shows beside the value; it omits empty cells. */
export function cell(label, { class: kind = "", ...properties }, ...children) {
  const empty = children.length === 1 && children[0] === NONE;
  const names = [kind, empty && "empty"].filter(Boolean).join(" ");
  return element("td", { role: "cell", "data-label": label, class: names || null, ...properties }, ...children);
}
