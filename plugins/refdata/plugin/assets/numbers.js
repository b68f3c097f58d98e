/** Numbers for people; without words, so that texts.js can use them. */

const NUMBER = new Intl.NumberFormat();

export const NONE = "–";

export function number(value) {
  return value === null || value === undefined ? NONE : NUMBER.format(value);
}

export function plural(count, one, many) {
  return `${number(count)} ${count === 1 ? one : many}`;
}

export function bytes(value) {
  if (value === null) return NONE;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) { size /= 1000; unit += 1; }
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: unit ? 1 : 0 }).format(size)} ${units[unit]}`;
}
