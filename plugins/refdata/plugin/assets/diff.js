/** What differs between two versions: counts, changed values by column, and a sample of the rows. */

import { element } from "./dom.js";
import { number } from "./numbers.js";
import { common, diff as texts } from "./texts.js";

const FIRST = 10;
const MOST_COLUMNS = 8;

/** The whole difference. */
export function differences(diff) {
  return [...counts(diff), byColumn(diff), changed(diff), ...samples(diff)];
}

/** The counts and a few rows, for the question before a change. */
export function shortly(diff) {
  return [...counts(diff), changed(diff, 3), ...samples(diff, 3)];
}

function counts(diff) {
  const { added, removed, changed: altered, unchanged } = diff;
  const one = (count, title, kind) => element("div", { class: count ? kind : "none" }, element("dt", {}, title), element("dd", {}, number(count)));
  const shape = [[texts.newColumns, diff.columns_added], [texts.columnsRemoved, diff.columns_removed]].filter(([, names]) => names.length);
  return [
    element("dl", { class: "counts" }, one(added, texts.addedCount, "plus"), one(removed, texts.removedCount, "minus"), one(altered, texts.changedCount, "tilde"),
      one(unchanged, texts.alikeCount, "same")),
    element("p", { class: "muted small" }, texts.rowTotals(diff.rows_before, diff.rows_after),
      diff.keys.length ? texts.matchedBy(diff.keys.join(", ")) : diff.note || texts.wholeRows,
      shape.map(([title, names]) => `; ${title}: ${names.join(", ")}`)),
  ];
}

function byColumn({ column_changes: changes }) {
  if (!changes.length) return null;
  const most = changes[0].changes;
  return element("ul", { class: "bars" }, changes.slice(0, MOST_COLUMNS).map((one) => element("li", {},
    element("span", { dir: "auto" }, one.column),
    element("meter", { min: 0, max: most, value: one.changes, "aria-label": texts.changedValues(one.changes) }),
    element("span", { class: "figure" }, number(one.changes)))),
  changes.length > MOST_COLUMNS && element("li", { class: "muted small" }, texts.moreColumns(changes.length - MOST_COLUMNS)));
}

function changed({ changed: total, keys, changed_sample: rows }, first = FIRST) {
  if (!rows.length) return null;
  const line = (row) => row.cells.map((one, index) => element("tr", {},
    row.key.map((value) => element("td", { class: index ? "again" : null, dir: "auto" }, index ? "" : shown(value))),
    element("td", { dir: "auto", class: "muted" }, one.column),
    element("td", { dir: "auto", class: "minus" }, shown(one.before)), element("td", { dir: "auto", class: "plus" }, shown(one.after))));
  return part(texts.changed, total, [...keys, texts.column, texts.before, texts.after], rows.map(line), first);
}

function samples({ columns, added, added_sample: addedRows, removed, removed_sample: removedRows }, first = FIRST) {
  return [sample(texts.added, "plus", added, columns, addedRows, first), sample(texts.removed, "minus", removed, columns, removedRows, first)];
}

function sample(title, kind, total, columns, rows, first) {
  if (!rows.length) return null;
  return part(title, total, columns, rows.map((row) => element("tr", {}, row.map((value) => element("td", { dir: "auto" }, shown(value))))), first, kind);
}

/** A titled table that shows its first rows, the others on demand; it scrolls separately. */
function part(title, total, headers, lines, first, kind = "") {
  const body = element("tbody", {}, lines.slice(0, first).flat());
  const more = lines.length > first && element("button", { type: "button", class: "plain", onclick: () => {
    body.append(...lines.slice(first).flat());
    more.remove();
  } }, texts.show(lines.length));
  return element("section", { class: `sample ${kind}` },
    element("h4", {}, `${title} `, element("span", { class: "muted" }, lines.length < total ? common.shownOf(lines.length, total) : number(total))),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": texts.rowsOf(title) }, element("table", { class: "plain" },
      element("thead", {}, element("tr", {}, headers.map((name) => element("th", { scope: "col", dir: "auto" }, name)))), body)), more);
}

function shown(value) {
  return value === null ? element("i", { class: "muted" }, "NULL") : value === "" ? element("i", { class: "muted" }, common.empty) : value;
}
