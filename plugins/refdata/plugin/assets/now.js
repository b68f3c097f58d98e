/**
 * What happens now: files that are checked before their load, and files that are not taken up. One small question,
 * asked each second while something moves, also shows when to draw the view again.
 */

import { ask } from "./client.js";
import { element, redraw } from "./dom.js";
import { moment, until } from "./format.js";
import { common, now as texts } from "./texts.js";

const MOVING = 1_000;
const STILL = 5_000;
/** Views below which the list stands; the others have no room for it, or no reason. */
const SHOWN_ON = ["home", "files", "upload"];

let last = null;
let timer = 0;

/**
 * Asks until the page is closed; a hidden page asks nothing.
 *
 * @param viewOf  the name of the view that is shown.
 * @param onChange  called when anything has happened since the last answer.
 */
export function followNow(place, viewOf, onChange) {
  let asking = false;
  const next = async () => {
    clearTimeout(timer);
    if (document.hidden || asking) return;
    asking = true; // a page that is hidden and shown meanwhile must not ask twice as often from then on
    const pause = await look(place, viewOf, onChange) ? MOVING : STILL;
    asking = false;
    timer = setTimeout(next, pause);
  };
  document.addEventListener("visibilitychange", next);
  return next();
}

/** Draws what is known; returns whether something moves. A failed request is reported by the view's own. */
async function look(place, viewOf, onChange) {
  try {
    const { data } = await ask("now");
    const changed = last !== null && last.mark !== data.mark;
    last = data;
    drawNow(place, viewOf());
    if (changed) onChange();
    return data.is_moving;
  } catch {
    onChange();
    return false;
  }
}

/** Shows the last answer where the view has a place for it. */
export function drawNow(place, view) {
  const data = last;
  place.hidden = !SHOWN_ON.includes(view) || !data || !(data.arriving.length || data.not_taken.length || data.fault);
  if (place.hidden) return;
  const shown = [data.mark, data.fault, data.arriving.map(({ progress, seconds }) => [progress, Math.round(seconds / 5)])];
  redraw(place, "now", shown, () => [
    data.fault && element("p", { class: "reason error" }, texts.unseen(data.fault)),
    ...onTheWay(data), ...notTaken(data)]);
}

function onTheWay(data) {
  if (!data.arriving.length) return [];
  return [element("h2", {}, texts.onTheWay(data.arriving_count)),
    element("ul", { class: "arrivals" }, data.arriving.map(arrival)),
    data.arriving_count > data.arriving.length && element("p", { class: "muted small" }, texts.more(data.arriving_count - data.arriving.length)),
    data.is_bucket && element("p", { class: "muted small" }, texts.bucket(data.place))];
}

function arrival(file) {
  return element("li", {},
    element("div", { class: "names" }, element("strong", { dir: "auto" }, file.file_name),
      element("span", { class: "muted small", dir: "auto" }, common.into(common.loadTypes[file.load_type], file.table))),
    element("div", { class: "names checks" }, ...checks(file)));
}

/** What is known about the checks, and nothing else. */
function checks(file) {
  const made = element("progress", { max: file.needed, value: file.checks, "aria-label": texts.checksOf(file.file_name) });
  switch (file.progress) {
    case "starting": return [element("span", {}, texts.starting)];
    case "unwatched": return [element("strong", { class: "bad" }, texts.noCheck),
      element("span", { class: "muted small" }, texts.askOperator, moment(file.arrived_at))];
    case "checking": return [made, element("span", {}, texts.checking(file.checks, file.needed), until(file.seconds))];
    default: return [element("span", {}, texts.waits(file.needed)),
      element("span", { class: "muted small" }, texts.unknownChecks)];
  }
}

function notTaken(data) {
  if (!data.not_taken.length) return [];
  return [element("h2", {}, texts.notTaken(data.not_taken_count)),
    element("ul", { class: "arrivals left" }, data.not_taken.map((one) => element("li", {},
      element("div", { class: "names" }, element("strong", { dir: "auto" }, one.path), one.changed_at && moment(one.changed_at)),
      element("div", { class: "names" }, element("span", { dir: "auto" }, `${one.reason[0].toUpperCase()}${one.reason.slice(1)}.`),
        element("span", { class: "muted" }, one.plain_advice))))),
    data.not_taken_count > data.not_taken.length && element("p", { class: "muted small" }, texts.more(data.not_taken_count - data.not_taken.length))];
}
