/** Lines above every view that report problems in a steward's words; hidden while all is well. */

import { ask } from "./client.js";
import { element, redraw } from "./dom.js";
import { health as texts } from "./texts.js";

const PAUSE = 60_000;
const UNWELL_PAUSE = 10_000;
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
    const loud = unwell.filter((check) => check.state === "fail" || check.name in texts.checks);
    const quiet = unwell.filter((check) => !loud.includes(check));
    place.hidden = unwell.length === 0;
    redraw(place, "health", unwell, () => [...loud.map(line), quiet.length > 0 && notes(quiet)].filter(Boolean));
  } catch {
    place.hidden = true; // the page's own banner reports that Airflow cannot be reached
  }
}

function line(check) {
  const { name, state, figure } = check;
  const title = texts.checks[name] ?? texts.needsAttention(name.replaceAll("_", " "));
  return kept(name, `health-${state}`, [element("strong", {}, title), ` (${meaning(name, figure)})`], [detail(check)]);
}

/** The figure as part of a sentence. */
function meaning(name, figure) {
  return name === "error_rate" ? texts.errorRate(figure) : figure.replaceAll("_", " ");
}

function notes(checks) {
  return kept(QUIET, "health-note", texts.notes(checks.length), checks.map(detail));
}

function detail({ name, message, figure, advice }) {
  return element("p", {}, element("span", { class: "muted" }, texts.detail(name.replaceAll("_", " "))),
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
