/** What differs between two versions: counts, changed values by column, and a sample of the rows. */

import { element } from "./dom.js";
import { number, plural } from "./format.js";

const FIRST = 10;
const MOST_COLUMNS = 8;

/** The whole difference. */
export function differences(diff) {
  return [...counts(diff), byColumn(diff), changed(diff), sample("Added", diff.added, diff.columns, diff.added_sample),
    sample("Removed", diff.removed, diff.columns, diff.removed_sample)];
}

/** The counts and a few rows, for the question before a change. */
export function shortly(diff) {
  return [...counts(diff), changed(diff, 3), sample("Added", diff.added, diff.columns, diff.added_sample, 3),
    sample("Removed", diff.removed, diff.columns, diff.removed_sample, 3)];
}

function counts(diff) {
  const { added, removed, changed: altered, unchanged } = diff;
  const one = (count, title, kind) => element("div", { class: count ? kind : "none" }, element("dt", {}, title), element("dd", {}, number(count)));
  const shape = [["New columns", diff.columns_added], ["Columns removed", diff.columns_removed]].filter(([, names]) => names.length);
  return [
    element("dl", { class: "counts" }, one(added, "added", "plus"), one(removed, "removed", "minus"), one(altered, "changed", "tilde"), one(unchanged, "alike", "same")),
    element("p", { class: "muted small" }, `${number(diff.rows_before)} → ${number(diff.rows_after)} rows; `,
      diff.keys.length ? `rows matched by ${diff.keys.join(", ")}` : diff.note || "whole rows compared",
      shape.map(([title, names]) => `; ${title.toLowerCase()}: ${names.join(", ")}`)),
  ];
}

function byColumn({ column_changes: changes }) {
  if (!changes.length) return null;
  const most = changes[0].changes;
  return element("ul", { class: "bars" }, changes.slice(0, MOST_COLUMNS).map((one) => element("li", {},
    element("span", { dir: "auto" }, one.column),
    element("meter", { min: 0, max: most, value: one.changes, "aria-label": `${one.changes} changed values` }),
    element("span", { class: "figure" }, number(one.changes)))),
  changes.length > MOST_COLUMNS && element("li", { class: "muted small" }, `and ${plural(changes.length - MOST_COLUMNS, "more column", "more columns")}`));
}

function changed({ changed: total, keys, changed_sample: rows }, first = FIRST) {
  if (!rows.length) return null;
  const line = (row) => row.cells.map((one, index) => element("tr", {},
    row.key.map((value) => element("td", { class: index ? "again" : null, dir: "auto" }, index ? "" : shown(value))),
    element("td", { dir: "auto", class: "muted" }, one.column),
    element("td", { dir: "auto", class: "minus" }, shown(one.before)), element("td", { dir: "auto", class: "plus" }, shown(one.after))));
  return part("Changed", total, [...keys, "Column", "Before", "After"], rows.map(line), first);
}

function sample(title, total, columns, rows, first = FIRST) {
  if (!rows.length) return null;
  const kind = title === "Added" ? "plus" : "minus";
  return part(title, total, columns, rows.map((row) => element("tr", {}, row.map((value) => element("td", { dir: "auto" }, shown(value))))), first, kind);
}

/** A titled table that shows its first rows, the others on demand; it scrolls separately. */
function part(title, total, headers, lines, first, kind = "") {
  const body = element("tbody", {}, lines.slice(0, first).flat());
  const more = lines.length > first && element("button", { type: "button", class: "plain", onclick: () => {
    body.append(...lines.slice(first).flat());
    more.remove();
  } }, `Show ${number(lines.length)}`);
  return element("section", { class: `sample ${kind}` },
    element("h4", {}, `${title} `, element("span", { class: "muted" }, lines.length < total ? `${number(lines.length)} of ${number(total)}` : number(total))),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title} rows` }, element("table", { class: "plain" },
      element("thead", {}, element("tr", {}, headers.map((name) => element("th", { scope: "col", dir: "auto" }, name)))), body)), more);
}

function shown(value) {
  return value === null ? element("i", { class: "muted" }, "NULL") : value === "" ? element("i", { class: "muted" }, "empty") : value;
}
