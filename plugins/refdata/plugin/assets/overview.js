/** Loads, rows and errors over time, and the most frequent errors. */

import { chart, inColumns } from "./chart.js";
import { ask } from "./client.js";
import { element, redraw } from "./dom.js";
import { MOVING, sentence } from "./files.js";
import { viewLink } from "./links.js";
import { number } from "./numbers.js";
import { overview as texts } from "./texts.js";

export const PERIODS = [7, 30, 90, 365];

const NAMES = ["files", "loads", "rows_loaded", "rows_rejected", "errors", "duplicates"];

export async function showOverview({ place, state, signal, go, adjust }) {
  const [statistics, counts, tables] = await Promise.all([
    ask("statistics", { days: state.days }, signal), ask("counts", {}, signal), ask("tables", {}, signal)]);
  const data = statistics.data;
  redraw(place, "overview", [state.days, data, counts.data, tables.data.length], () => {
    const columns = inColumns(data.days, NAMES);
    return [
      element("div", { class: "heading" }, element("h2", {}, texts.lastDays(state.days)), periods(state.days, adjust)),
      tiles(data, counts.data, tables.data.length, go),
      element("div", { class: "charts" },
        chart(texts.publishedLoads, columns, [["loads", texts.published, "tone-good"]]),
        chart(texts.rowsLoaded, columns, [["rows_loaded", texts.rows, "tone-accent"]]),
        chart(texts.errorsAndDuplicates, columns, [["errors", texts.errors, "tone-bad"], ["duplicates", texts.duplicates, "tone-twin"]]),
        chart(texts.rejectedRows, columns, [["rows_rejected", texts.rejected, "tone-warn"]])),
      reasons(data.errors, go),
    ];
  });
  return MOVING.some((name) => counts.data[name]);
}

function periods(days, adjust) {
  return element("div", { class: "segments", role: "group", "aria-label": texts.period }, PERIODS.map((one) =>
    element("button", { type: "button", "aria-pressed": String(one === days), "data-focus": `days ${one}`,
      onclick: () => adjust({ days: one }) }, one === 365 ? texts.year : texts.days(one))));
}

function tiles(data, counts, tables, go) {
  const sum = (name) => data.days.reduce((total, day) => total + day[name], 0);
  const files = sum("files");
  const ended = sum("loads") + sum("errors") + sum("duplicates");
  const share = ended ? Math.round((100 * sum("errors")) / ended) : 0;
  const inFlight = MOVING.reduce((total, name) => total + (counts[name] ?? 0), 0);
  return element("dl", { class: "tiles" },
    tile(texts.filesDropped, number(files), ""),
    tile(texts.publishedLoads, number(sum("loads")), "", "tone-good"),
    tile(texts.rowsLoaded, number(sum("rows_loaded")), ""),
    tile(texts.errors, viewLink(go, { view: "files", status: "error" }, {}, number(sum("errors"))), ended ? texts.errorShare(share) : "", sum("errors") ? "tone-bad" : ""),
    tile(texts.rejectedRows, number(sum("rows_rejected")), "", sum("rows_rejected") ? "tone-warn" : ""),
    tile(texts.inFlight, number(inFlight), counts.review ? viewLink(go, { view: "files", status: "review" }, {}, texts.toAnswer(counts.review)) : ""),
    tile(texts.tables, viewLink(go, { view: "tables" }, {}, number(tables)), ""));
}

export function tile(title, value, note, kind = "") {
  return element("div", { class: `tile ${kind}` }, element("dt", {}, title),
    element("dd", {}, element("b", {}, value), note && element("span", { class: "muted small" }, note)));
}

function reasons(errors, go) {
  if (!errors.length) return element("p", { class: "muted quiet" }, texts.noneRefused);
  const most = Math.max(...errors.map((one) => one.files));
  return element("section", { class: "reasons" }, element("h3", {}, texts.whyRefused),
    element("ul", { class: "bars" }, errors.map((one) => element("li", {},
      element("span", {}, sentence(one.category)),
      element("meter", { min: 0, max: most, value: one.files, "aria-label": texts.refusedOf(one.files, most) }),
      element("span", { class: "figure" }, number(one.files)),
      viewLink(go, { view: "file", id: one.newest_load_id }, { "data-focus": one.category }, texts.newest)))));
}
