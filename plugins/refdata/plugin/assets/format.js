/** Times for people, in the time zone chosen in Airflow. */

import { element } from "./dom.js";
import { NONE } from "./numbers.js";
import { format as texts } from "./texts.js";

const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "always" });
const STEPS = [["year", 31_557_600], ["month", 2_629_800], ["week", 604_800], ["day", 86_400], ["hour", 3_600], ["minute", 60]];

/** Seconds as 0.9 s, 12 s, 3 m 04 s or 2 h 10 m. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return NONE;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} m`;
}

/** Airflow keeps its choice in localStorage as JSON; without one the browser's zone applies, as in Airflow. */
function timeZone() {
  try {
    const chosen = JSON.parse(localStorage.getItem("timezone") ?? "null");
    new Intl.DateTimeFormat("en", { timeZone: chosen ?? undefined });
    return chosen ?? undefined;
  } catch {
    return undefined;
  }
}

/** 2026-07-29 14:03:59, as Airflow writes it. */
export function absolute(iso) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: timeZone(), year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  }).formatToParts(new Date(iso));
  const of = Object.fromEntries(parts.map((part) => [part.type, part.value]));
  return `${of.year}-${of.month}-${of.day} ${of.hour}:${of.minute}:${of.second}`;
}

export function relative(iso, now = Date.now()) {
  const seconds = (now - new Date(iso).getTime()) / 1000;
  if (Math.abs(seconds) < 45) return texts.justNow;
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? STEPS.at(-1);
  return RELATIVE.format(-Math.round(seconds / size), unit);
}

/** Both forms of a time: how long ago, and when. `tick` updates the first one. */
export function moment(iso) {
  if (!iso) return element("span", { class: "muted" }, NONE);
  return element("time", { datetime: iso, class: "moment" },
    element("span", { "data-relative": iso }, relative(iso)),
    element("span", { class: "muted small" }, absolute(iso)));
}

/** How long something has been going on; `tick` updates it. */
export function elapsed(iso) {
  return element("span", { "data-since": iso, class: "running" }, sinceText(iso));
}

function sinceText(iso) {
  return duration(Math.max(0, Math.round((Date.now() - new Date(iso).getTime()) / 1000)));
}

/** How long something will take. Below a second it is due: no figure pretends to know more. */
export function until(seconds) {
  const iso = new Date(Date.now() + 1000 * seconds).toISOString();
  return element("span", { "data-until": iso }, untilText(iso));
}

function untilText(iso) {
  const seconds = Math.round((new Date(iso).getTime() - Date.now()) / 1000);
  return seconds < 1 ? texts.moment : duration(Math.max(1, seconds)).replace(".0 s", " s");
}

/** Updates every relative time on the page. */
export function tick() {
  for (const node of document.querySelectorAll("[data-relative]")) setText(node, relative(node.dataset.relative));
  for (const node of document.querySelectorAll("[data-since]")) setText(node, sinceText(node.dataset.since));
  for (const node of document.querySelectorAll("[data-until]")) setText(node, untilText(node.dataset.until));
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
