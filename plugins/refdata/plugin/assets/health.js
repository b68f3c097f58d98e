/** A line above the files that reports problems; hidden while all is well. */

import { ask } from "./client.js";
import { element, reconcile } from "./dom.js";

const PAUSE = 60_000;
const UNWELL_PAUSE = 10_000;
const SAYS = { fail: "fails", warn: "warns" };
/** Names of the opened checks: their figures change while somebody reads. */
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
    const unwell = Object.keys(SAYS).flatMap((state) => data.checks.filter((check) => check.state === state));
    place.hidden = unwell.length === 0;
    reconcile(place, unwell, (check) => check.name, (check) => `${check.state} ${check.figure} ${check.message}`, line);
  } catch {
    place.hidden = true; // the page's own banner reports that Airflow cannot be reached
  }
}

function line({ name, state, figure, message, advice }) {
  const shown = element("details", { class: `health-${state}`, open: opened.has(name) },
    element("summary", { "data-focus": "summary" },
      element("strong", {}, `${name.replaceAll("_", " ")} ${SAYS[state]}:`), ` ${figure}`),
    element("p", {}, marked([message, advice].filter(Boolean).join(". ").replaceAll("..", "."))));
  shown.addEventListener("toggle", () => (shown.open ? opened.add(name) : opened.delete(name)));
  return shown;
}

/** Text between backticks is something to type. */
function marked(text) {
  return text.split("`").map((part, place) => (place % 2 ? element("code", {}, part) : part));
}
