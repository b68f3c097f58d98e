/** The register of reference tables compared with the database. */

import { ask, change } from "./client.js";
import { confirmed } from "./dialog.js";
import { element, redraw } from "./dom.js";
import { sentence } from "./files.js";
import { cell } from "./grid.js";
import { plural } from "./format.js";
import { viewLink } from "./links.js";

const KINDS = { not_registered: "Not registered", changed: "Changed by hand", table_missing: "Table missing", disabled: "Switched off" };
const TONES = { not_registered: "error", changed: "pending", table_missing: "error", disabled: "cancelled" };
let repaired = null;

export async function showConfig({ place, signal, go, refresh }) {
  const [findings, me] = await Promise.all([ask("config", {}, signal), ask("me", {}, signal)]);
  redraw(place, "config", [findings.data, me.data, repaired], () => [
    element("div", { class: "heading" },
      element("h2", {}, findings.data.length ? plural(findings.data.length, "finding", "findings") : "The configuration is correct"),
      me.data.may_administer && repairButton(findings.data, refresh)),
    element("p", { class: "muted" }, "Reference_Data_Cfg compared with the tables and the ledger. What a person switched off or wrote is reported, never changed."),
    repaired && element("p", { class: "done-well", role: "status" }, repaired),
    findings.data.length > 0 && table(findings.data, go),
    element("p", { class: "note-below" }, viewLink(go, { view: "audit", action: "repair" }, { "data-focus": "repairs" }, "Earlier repairs")),
  ]);
}

function repairButton(findings, refresh) {
  const repairable = findings.filter((one) => one.is_repairable);
  return repairable.length > 0 && element("button", { type: "button", class: "main", "data-focus": "repair", onclick: () => confirmed({
    title: `Repair ${plural(repairable.length, "finding", "findings")}?`,
    content: Promise.resolve([element("ul", {}, repairable.map((one) => element("li", {}, element("strong", { dir: "auto" }, one.table), `: ${one.remedy}`)))]),
    action: "Repair", asksReason: false,
    act: async () => {
      const { data } = await change("config/repair");
      const done = data.filter((one) => !one.left && one.finding.is_repairable).length;
      repaired = `${plural(done, "finding is", "findings are")} repaired.`;
      await refresh();
    },
  }) }, `Repair ${repairable.length}`);
}

function table(findings, go) {
  return element("table", { class: "findings", role: "table" }, element("caption", { class: "hidden" }, "Findings"),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ["Finding", "Table", "What", "Remedy"].map((title) =>
      element("th", { scope: "col", role: "columnheader" }, title)))),
    element("tbody", { role: "rowgroup" }, findings.map((one) => element("tr", { role: "row" },
      cell("Finding", {}, element("span", { class: `badge ${TONES[one.kind] ?? "pending"}` }, KINDS[one.kind] ?? sentence(one.kind))),
      cell("Table", { class: "name", dir: "auto" }, one.kind === "table_missing" ? one.table : viewLink(go, { view: "table", name: one.table }, {}, one.table)),
      cell("What", {}, one.what), cell("Remedy", {}, sentence(one.remedy))))));
}
