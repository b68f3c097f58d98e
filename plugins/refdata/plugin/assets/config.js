/** The register of reference tables compared with the database, and what is declared about each table. */

import { ask, change } from "./client.js";
import { confirmed } from "./dialog.js";
import { element, redraw } from "./dom.js";
import { sentence } from "./files.js";
import { cell } from "./grid.js";
import { NONE } from "./numbers.js";
import { viewLink } from "./links.js";
import { config as texts } from "./texts.js";

const TONES = { not_registered: "error", changed: "pending", table_missing: "error", disabled: "cancelled" };
let repaired = null;

export async function showConfig({ place, signal, go, refresh }) {
  const [findings, me, contracts] = await Promise.all([ask("config", {}, signal), ask("me", {}, signal), ask("contracts", {}, signal)]);
  redraw(place, "config", [findings.data, me.data, contracts.data, repaired], () => [
    element("div", { class: "heading" },
      element("h2", {}, findings.data.length ? texts.findings(findings.data.length) : texts.correct),
      me.data.may_administer && repairButton(findings.data, refresh)),
    element("p", { class: "muted" }, texts.introduction),
    repaired && element("p", { class: "done-well", role: "status" }, repaired),
    findings.data.length > 0 && table(findings.data, go),
    element("p", { class: "note-below" }, viewLink(go, { view: "audit", action: "repair" }, { "data-focus": "repairs" }, texts.earlierRepairs)),
    ...declared(contracts.data, go),
  ]);
}

/** Each table with its contract and the rules of its loads, each rule with the file that states it. */
function declared(contracts, go) {
  return [
    element("div", { class: "heading" }, element("h2", {}, texts.contracts)), element("p", { class: "muted" }, texts.contractsIntroduction),
    contracts.length === 0 ? element("p", { class: "muted" }, texts.noTables)
      : element("table", { class: "findings contracts", role: "table" }, element("caption", { class: "hidden" }, texts.contracts),
        element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, [texts.table, texts.contract, texts.rules, texts.steward].map((title) =>
          element("th", { scope: "col", role: "columnheader" }, title)))),
        element("tbody", { role: "rowgroup" }, contracts.map((one) => element("tr", { role: "row" },
          cell(texts.table, { class: "name", dir: "auto" }, viewLink(go, { view: "table", name: one.table }, { "data-focus": `contract ${one.table}` }, one.table)),
          cell(texts.contract, {}, contractOf(one)), cell(texts.rules, {}, rulesOf(one)), cell(texts.steward, { dir: "auto" }, one.steward || NONE))))),
  ];
}

function contractOf({ file, facts, trouble }) {
  if (trouble) return element("span", { class: "trouble" }, trouble);
  return file ? element("span", { class: "names" }, element("code", { dir: "auto" }, file), element("span", { class: "muted small" }, texts.facts(facts)))
    : element("span", { class: "muted" }, texts.noContract);
}

function rulesOf({ rules }) {
  return rules.length === 0 ? element("span", { class: "muted" }, texts.noRules)
    : element("ul", { class: "changes" }, rules.map((rule) => element("li", {}, `${rule.key.replace("refdata.", "")}: `,
      element("code", { dir: "auto" }, rule.value), element("span", { class: "muted small" }, ` ${rule.origin}`))));
}

function repairButton(findings, refresh) {
  const repairable = findings.filter((one) => one.is_repairable);
  return repairable.length > 0 && element("button", { type: "button", class: "main", "data-focus": "repair", onclick: () => confirmed({
    title: texts.repairTitle(repairable.length),
    content: Promise.resolve([element("ul", {}, repairable.map((one) => element("li", {}, element("strong", { dir: "auto" }, one.table), `: ${one.remedy}`)))]),
    action: texts.repair, asksReason: false,
    act: async () => {
      const { data } = await change("config/repair");
      const done = data.filter((one) => !one.left && one.finding.is_repairable).length;
      repaired = texts.repaired(done);
      await refresh();
    },
  }) }, texts.repairCount(repairable.length));
}

function table(findings, go) {
  return element("table", { class: "findings", role: "table" }, element("caption", { class: "hidden" }, texts.findingsTitle),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, [texts.finding, texts.table, texts.what, texts.remedy].map((title) =>
      element("th", { scope: "col", role: "columnheader" }, title)))),
    element("tbody", { role: "rowgroup" }, findings.map((one) => element("tr", { role: "row" },
      cell(texts.finding, {}, element("span", { class: `badge ${TONES[one.kind] ?? "pending"}` }, texts.kinds[one.kind] ?? sentence(one.kind))),
      cell(texts.table, { class: "name", dir: "auto" }, one.kind === "table_missing" ? one.table : viewLink(go, { view: "table", name: one.table }, {}, one.table)),
      cell(texts.what, {}, one.what), cell(texts.remedy, {}, sentence(one.remedy))))));
}
