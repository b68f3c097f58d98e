/** Loads, rows and errors over time, and the most frequent errors. */

import { chart, inColumns } from "./chart.js";
import { ask } from "./client.js";
import { element, redraw } from "./dom.js";
import { MOVING, sentence } from "./files.js";
import { number, plural } from "./format.js";
import { viewLink } from "./links.js";

export const PERIODS = [7, 30, 90, 365];

const NAMES = ["files", "loads", "rows_loaded", "rows_rejected", "errors", "duplicates"];

export async function showOverview({ place, state, signal, go, adjust }) {
  const [statistics, counts, tables] = await Promise.all([
    ask("statistics", { days: state.days }, signal), ask("counts", {}, signal), ask("tables", {}, signal)]);
  const data = statistics.data;
  redraw(place, "overview", [state.days, data, counts.data, tables.data.length], () => {
    const columns = inColumns(data.days, NAMES);
    return [
      element("div", { class: "heading" }, element("h2", {}, `The last ${plural(state.days, "day", "days")}`), periods(state.days, adjust)),
      tiles(data, counts.data, tables.data.length, go),
      element("div", { class: "charts" },
        chart("Published loads", columns, [["loads", "Published", "tone-good"]]),
        chart("Rows loaded", columns, [["rows_loaded", "Rows", "tone-accent"]]),
        chart("Errors and duplicates", columns, [["errors", "Errors", "tone-bad"], ["duplicates", "Duplicates", "tone-twin"]]),
        chart("Rejected rows", columns, [["rows_rejected", "Rejected", "tone-warn"]])),
      reasons(data.errors, go),
    ];
  });
  return MOVING.some((name) => counts.data[name]);
}

function periods(days, adjust) {
  return element("div", { class: "segments", role: "group", "aria-label": "Period" }, PERIODS.map((one) =>
    element("button", { type: "button", "aria-pressed": String(one === days), "data-focus": `days ${one}`,
      onclick: () => adjust({ days: one }) }, one === 365 ? "1 year" : `${one} days`)));
}

function tiles(data, counts, tables, go) {
  const sum = (name) => data.days.reduce((total, day) => total + day[name], 0);
  const files = sum("files");
  const ended = sum("loads") + sum("errors") + sum("duplicates");
  const share = ended ? Math.round((100 * sum("errors")) / ended) : 0;
  const inFlight = MOVING.reduce((total, name) => total + (counts[name] ?? 0), 0);
  return element("dl", { class: "tiles" },
    tile("Files dropped", number(files), ""),
    tile("Published loads", number(sum("loads")), "", "tone-good"),
    tile("Rows loaded", number(sum("rows_loaded")), ""),
    tile("Errors", viewLink(go, { view: "files", status: "error" }, {}, number(sum("errors"))), ended ? `${share} % of finished files` : "", sum("errors") ? "tone-bad" : ""),
    tile("Rejected rows", number(sum("rows_rejected")), "", sum("rows_rejected") ? "tone-warn" : ""),
    tile("In flight now", number(inFlight), counts.review ? viewLink(go, { view: "files", status: "review" }, {}, `${number(counts.review)} to answer`) : ""),
    tile("Tables", viewLink(go, { view: "tables" }, {}, number(tables)), ""));
}

export function tile(title, value, note, kind = "") {
  return element("div", { class: `tile ${kind}` }, element("dt", {}, title),
    element("dd", {}, element("b", {}, value), note && element("span", { class: "muted small" }, note)));
}

function reasons(errors, go) {
  if (!errors.length) return element("p", { class: "muted quiet" }, "No file was refused in this period.");
  const most = Math.max(...errors.map((one) => one.files));
  return element("section", { class: "reasons" }, element("h3", {}, "Why files were refused"),
    element("ul", { class: "bars" }, errors.map((one) => element("li", {},
      element("span", {}, sentence(one.category)),
      element("meter", { min: 0, max: most, value: one.files, "aria-label": `${one.files} of ${most}` }),
      element("span", { class: "figure" }, number(one.files)),
      viewLink(go, { view: "file", id: one.newest_load_id }, { "data-focus": one.category }, "newest")))));
}
