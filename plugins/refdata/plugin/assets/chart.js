/** Column charts drawn as SVG, in the page's own colours; each is also available as a table of figures. */

import { element } from "./dom.js";
import { number } from "./numbers.js";
import { chart as texts } from "./texts.js";

const HEIGHT = 150;
const LEFT = 44;
const BOTTOM = 20;
const TOP = 8;
const GAP = 0.24;
const MOST_COLUMNS = 92;
const COMPACT = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

/** Sums days into weeks where there are too many for a column each. */
export function inColumns(days, names) {
  if (days.length <= MOST_COLUMNS) return days.map((day) => ({ ...day, title: DAY.format(new Date(day.day)) }));
  const weeks = [];
  for (let end = days.length; end > 0; end -= 7) {
    const part = days.slice(Math.max(0, end - 7), end);
    const sums = Object.fromEntries(names.map((name) => [name, part.reduce((sum, day) => sum + day[name], 0)]));
    weeks.unshift({ ...sums, day: part[0].day, title: texts.weekOf(DAY.format(new Date(part[0].day))) });
  }
  return weeks;
}

/**
 * A chart with its title, its legend and its table.
 *
 * @param columns  the result of `inColumns`.
 * @param series  [name, title, class] each; stacked upwards.
 */
export function chart(title, columns, series) {
  const totals = columns.map((column) => series.reduce((sum, [name]) => sum + column[name], 0));
  const whole = totals.reduce((sum, value) => sum + value, 0);
  const place = element("div", { class: "plot" });
  new ResizeObserver(() => draw(place, title, columns, series, totals)).observe(place);
  return element("figure", { class: "chart" },
    element("figcaption", {}, element("strong", {}, title),
      series.length > 1 && element("ul", { class: "legend" }, series.map(([, name, kind]) => element("li", { class: kind }, name))),
      element("span", { class: "muted figure" }, number(whole))),
    place, figures(title, columns, series));
}

function draw(place, title, columns, series, totals) {
  const width = Math.floor(place.clientWidth);
  if (!width || place.dataset.width === String(width)) return;
  place.dataset.width = String(width);
  const top = scaleOf(Math.max(...totals, 1));
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const step = (width - LEFT) / columns.length;
  const image = element("svg", { width, height: HEIGHT, role: "img", "aria-label": `${title}: ${summary(columns, totals)}` },
    [0, top / 2, top].map((value) => line(width, y(value), value)),
    columns.map((column, index) => stack(column, series, LEFT + index * step, step, y)),
    labels(columns, step, width));
  place.replaceChildren(image);
}

/** A round number at or above the largest value, whose half is also whole. */
function scaleOf(most) {
  const magnitude = 10 ** Math.floor(Math.log10(most));
  const found = [1, 2, 4, 6, 8, 10].find((factor) => factor * magnitude >= most) * magnitude;
  return Math.max(2, found);
}

function line(width, height, value) {
  const at = Math.round(height) + 0.5;
  return element("g", { class: "grid" }, element("line", { x1: LEFT, x2: width, y1: at, y2: at }),
    element("text", { x: LEFT - 8, y: at + 4, "text-anchor": "end" }, COMPACT.format(value)));
}

function stack(column, series, left, step, y) {
  const wide = Math.max(1, step * (1 - GAP));
  const x = left + (step - wide) / 2;
  let below = 0;
  const parts = series.filter(([name]) => column[name] > 0).map(([name, , kind]) => {
    const from = y(below);
    below += column[name];
    const to = Math.min(y(below), from - 1.5);
    return element("rect", { x, y: to, width: wide, height: from - to, class: kind, rx: Math.min(2, wide / 3) });
  });
  const label = `${column.title}: ${series.map(([name, title]) => `${number(column[name])} ${title.toLowerCase()}`).join(", ")}`;
  return element("g", { class: "column" },
    element("rect", { x: left, y: TOP, width: step, height: HEIGHT - TOP - BOTTOM, class: "hit" },
      element("title", {}, label)), ...parts);
}

function labels(columns, step, width) {
  const wanted = Math.max(2, Math.min(columns.length, Math.floor((width - LEFT) / 84)));
  const every = Math.ceil(columns.length / wanted);
  return columns.map((column, index) => (columns.length - 1 - index) % every === 0 && element("text",
    { class: "label", y: HEIGHT - 4, x: Math.min(LEFT + (index + 0.5) * step, width - 24), "text-anchor": "middle" },
    DAY.format(new Date(column.day))));
}

function summary(columns, totals) {
  const most = totals.indexOf(Math.max(...totals));
  return texts.summary(totals.reduce((sum, value) => sum + value, 0), columns[most].title);
}

function figures(title, columns, series) {
  const shown = columns.filter((column) => series.some(([name]) => column[name]));
  return element("details", { class: "figures" },
    element("summary", { "data-focus": `figures ${title}` }, texts.figures),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": texts.figuresOf(title) }, element("table", { class: "plain" },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, texts.from),
        series.map(([, name]) => element("th", { scope: "col", class: "figure" }, name)))),
      element("tbody", {}, shown.reverse().map((column) => element("tr", {}, element("td", {}, column.day),
        series.map(([name]) => element("td", { class: "figure" }, number(column[name])))))))));
}
