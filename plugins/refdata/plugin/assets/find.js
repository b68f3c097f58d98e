/** A text in the rows of any table: the server searches table by table, and the page shows what it has so far. */

import { ask } from "./client.js";
import { element } from "./dom.js";
import { viewLink } from "./links.js";
import { find as texts } from "./texts.js";

const SHORTEST = 2;
let shown = { text: "", area: null };

/** Shows below the tables the rows that contain the text; a search that is under way goes on over refreshes. */
export function showFound(place, text, go) {
  const wanted = text.trim();
  if (wanted.length < SHORTEST) {
    shown = { text: "", area: null };
    place.querySelector(".found")?.remove();
    return;
  }
  if (shown.text !== wanted) {
    place.querySelector(".found")?.remove();
    shown = { text: wanted, area: element("section", { class: "found", "aria-label": texts.title }) };
    search(shown, go);
  }
  if (!shown.area.isConnected) place.append(shown.area);
}

async function search(mine, go) {
  const state = element("p", { class: "muted", role: "status" }, texts.searching);
  const list = element("div");
  mine.area.append(element("h3", {}, texts.title), state, list);
  let after = "";
  let found = 0;
  do {
    const part = await nextPart(mine.text, after, state);
    if (part === null || shown !== mine) return;
    found += part.hits.length;
    list.append(...part.hits.map((hit) => hitOf(hit, mine.text, go)));
    after = part.next ?? "";
    state.textContent = after ? texts.searched(part.searched, part.tables)
      : found ? texts.found(found, part.tables) : texts.foundNone(part.tables);
  } while (after);
}

async function nextPart(text, after, state) {
  try {
    return (await ask("find", { text, after })).data;
  } catch (failure) {
    state.textContent = failure.message;
    return null;
  }
}

function hitOf({ table, columns, rows, has_more: more }, text, go) {
  return element("article", { class: "card" }, element("h4", {}, viewLink(go, { view: "table", name: table, search: text }, { dir: "auto", "data-focus": `found ${table}` }, table)),
    element("ul", { class: "changes" }, rows.map((row) => element("li", {}, rowOf(row, columns, text)))),
    more && element("p", {}, viewLink(go, { view: "table", name: table, search: text }, { "data-focus": `more ${table}` }, texts.allRows(table))));
}

/** The columns with the text first, then the first of the others: enough to know the row. */
function rowOf({ cells, at }, columns, text) {
  const rest = cells.map((_, index) => index).filter((index) => !at.includes(index) && cells[index].text);
  return [...rest.slice(0, Math.max(1, 4 - at.length)), ...at].toSorted((one, other) => one - other).flatMap((index, place) => [
    place > 0 && " · ", element("span", { class: "muted", dir: "auto" }, `${columns[index]}: `),
    element("span", { dir: "auto" }, ...(at.includes(index) ? marked(cells[index].text, text) : [cells[index].text]))]);
}

function marked(value, text) {
  const start = value.toLowerCase().indexOf(text.toLowerCase());
  if (start < 0) return [value];
  return [value.slice(0, start), element("mark", {}, value.slice(start, start + text.length)), value.slice(start + text.length)];
}
