/** Lines above every view that report problems in a steward's words; hidden while all is well. */

import { ask } from "./client.js";
import { element, redraw } from "./dom.js";
import { plural } from "./format.js";

const PAUSE = 60_000;
const UNWELL_PAUSE = 10_000;
/** What each check means for somebody who keeps tables. Checks that are not here concern the machine only. */
const WORDS = {
  settings: "refdata cannot work: a setting is wrong", warehouse: "The database cannot be used", ledger: "The record of loads cannot be read",
  dropoff: "Files cannot be dropped: the dropoff folder cannot be used", processed: "Loaded files cannot be archived", error: "Refused files cannot be archived",
  space: "The disk is filling up", watcher: "Dropped files are not picked up", queue: "Files wait too long for their load",
  turns: "A load has stopped and blocks its table", error_rate: "Many files are refused", slow_loads: "Loads take longer than usual",
  metadatabase: "Airflow's own database does not answer", scheduler: "No load is started: Airflow's scheduler is down",
  triggerer: "The dropoff folder is not watched: Airflow's triggerer is down", dag_processor: "Airflow's DAG processor is down", airflow: "Airflow does not answer",
};
/** Checks that warn about the machine; a steward can do nothing about them. */
const QUIET = "other";
/** Names of the opened lines: their figures change while somebody reads. */
const opened = new Set();

/** Checks at once and then each minute while the page is visible, more often while there is a problem. */
export async function followHealth(place) {
  if (!document.hidden) await show(place);
  setTimeout(() => followHealth(place), place.hidden ? PAUSE : UNWELL_PAUSE);
}

async function show(place) {
  try {
    // The status is for monitors; a page that checks each minute must not fill the browser's console with 503.
    const { data } = await ask("health", { as_status: false });
    const unwell = ["fail", "warn"].flatMap((state) => data.checks.filter((check) => check.state === state));
    const loud = unwell.filter((check) => check.state === "fail" || check.name in WORDS);
    const quiet = unwell.filter((check) => !loud.includes(check));
    place.hidden = unwell.length === 0;
    redraw(place, "health", unwell, () => [...loud.map(line), quiet.length > 0 && notes(quiet)].filter(Boolean));
  } catch {
    place.hidden = true; // the page's own banner reports that Airflow cannot be reached
  }
}

function line(check) {
  const { name, state, figure } = check;
  const title = WORDS[name] ?? `${name.replaceAll("_", " ")} needs attention`;
  return kept(name, `health-${state}`, [element("strong", {}, title), ` (${meaning(name, figure)})`], [detail(check)]);
}

/** The figure as part of a sentence. */
function meaning(name, figure) {
  return name === "error_rate" ? figure.replace("%", " %").replace(" of ", " of the last ").concat(" files") : figure.replaceAll("_", " ");
}

function notes(checks) {
  return kept(QUIET, "health-note", [plural(checks.length, "note", "notes"), " for whoever runs Airflow"], checks.map(detail));
}

function detail({ name, message, figure, advice }) {
  return element("p", {}, element("span", { class: "muted" }, `For whoever runs Airflow, ${name.replaceAll("_", " ")}: `),
    ...marked([message || figure, advice].filter(Boolean).join(". ").replaceAll("..", ".")));
}

function kept(name, kind, summary, content) {
  const shown = element("details", { class: kind, open: opened.has(name) }, element("summary", { "data-focus": `health ${name}` }, summary), content);
  shown.addEventListener("toggle", () => (shown.open ? opened.add(name) : opened.delete(name)));
  return shown;
}

/** Text between backticks is something to type. */
function marked(text) {
  return text.split("`").map((part, place) => (place % 2 ? element("code", {}, part) : part));
}
