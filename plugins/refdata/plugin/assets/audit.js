/** The audit trail: who did what to which table, and why. Loads are not in it; they are among the files. */

import { ask } from "./client.js";
import { element, redraw } from "./dom.js";
import { moment } from "./format.js";
import { viewLink } from "./links.js";
import { NONE } from "./numbers.js";
import { audit as texts, common } from "./texts.js";

const PAGE_SIZE = 50;
const TYPING_PAUSE = 300;

let typing = 0;
let typed = {};

export async function showAudit({ place, state, signal, go, adjust }) {
  const { name: table, action, by, page } = state;
  // One more than is shown: it says whether there is another page, without counting them all.
  const { data } = await ask("audit", { table, action, by, limit: PAGE_SIZE + 1, offset: (page - 1) * PAGE_SIZE }, signal);
  // The fields are not drawn again: somebody may be typing in one.
  if (!place.querySelector(".audit-view")) place.replaceChildren(shell(state, adjust));
  redraw(place.querySelector(".audit-list"), "audit", [data, page], () => [
    data.length ? auditList(data.slice(0, PAGE_SIZE), go) : element("p", { class: "nothing" }, table || action || by ? texts.noneMatches : texts.nothingYet),
    pager(page, data.length > PAGE_SIZE, adjust),
  ].filter(Boolean));
  return false;
}

function shell(state, adjust) {
  return element("div", { class: "audit-view" }, element("h2", { class: "view-title" }, texts.title),
    element("p", { class: "muted" }, texts.introduction),
    filters(state, adjust), element("div", { class: "audit-list" }));
}

function filters({ name, action, by }, adjust) {
  const later = (change) => {
    typed = { ...typed, ...change };
    clearTimeout(typing);
    typing = setTimeout(() => { const wanted = typed; typed = {}; adjust(wanted, { replace: true }); }, TYPING_PAUSE);
  };
  const field = (title, value, key) => {
    const input = element("input", { type: "search", maxlength: key === "name" ? 128 : 255, value, autocomplete: "off", "data-focus": `audit ${key}`,
      oninput: () => later({ [key]: input.value.trim() }) });
    return element("label", {}, title, input);
  };
  const kind = element("select", { "data-focus": "audit action", onchange: () => adjust({ action: kind.value }) },
    element("option", { value: "" }, texts.everyAction),
    Object.entries(texts.actions).map(([value, title]) => element("option", { value, selected: value === action }, title)));
  return element("div", { class: "filters", role: "search", "aria-label": texts.filter },
    field(texts.table, name, "name"), element("label", {}, texts.action, kind), field(texts.person, by, "by"));
}

export function auditList(trail, go) {
  return element("ul", { class: "audit" }, trail.map((one) => element("li", {},
    element("div", {}, element("strong", {}, texts.actions[one.action] ?? one.action), " ",
      one.table_name && viewLink(go, { view: "table", name: one.table_name }, { dir: "auto", "data-focus": `action ${one.id}` }, one.table_name),
      one.load_id && [" ", viewLink(go, { view: "file", id: one.load_id }, { "data-focus": `load ${one.id}` }, texts.load(one.load_id))],
      one.subject && element("span", { class: "muted" }, ` ${one.subject}`),
      one.reason && element("p", { dir: "auto" }, common.quoted(one.reason))),
    element("div", { class: "muted" }, one.actor || NONE, moment(one.happened_at)))));
}

function pager(page, more, adjust) {
  if (page === 1 && !more) return null;
  return element("nav", { class: "pager", "aria-label": texts.pages },
    element("button", { type: "button", disabled: page === 1, "data-focus": "newer", onclick: () => adjust({ page: page - 1 }) }, texts.newer),
    element("span", { class: "muted" }, texts.page(page)),
    element("button", { type: "button", disabled: !more, "data-focus": "older", onclick: () => adjust({ page: page + 1 }) }, texts.older));
}
