/** The audit trail: who did what to which table, and why. Loads are not in it; they are among the files. */

import { ask } from "./client.js";
import { element, redraw } from "./dom.js";
import { NONE, moment, number } from "./format.js";
import { viewLink } from "./links.js";

const PAGE_SIZE = 50;
const TYPING_PAUSE = 300;

/** Each action in a steward's words, as the server knows it (audit.py). */
export const ACTIONS = {
  rollback: "Rolled back", take_back: "Took rows back", approve: "Approved or answered", reject: "Rejected", withdraw: "Withdrew an answer",
  repair: "Repaired the register", delete: "Deleted a version", move: "Moved", retype: "Changed a column's type", upload: "Loaded an upload", discard: "Discarded a file",
  retire: "Retired the table", reopen: "Opened the table again", rename: "Renamed the table", delete_table: "Deleted the table", contract: "Changed the contract",
};

let typing = 0;
let typed = {};

export async function showAudit({ place, state, signal, go, adjust }) {
  const { name: table, action, by, page } = state;
  // One more than is shown: it says whether there is another page, without counting them all.
  const { data } = await ask("audit", { table, action, by, limit: PAGE_SIZE + 1, offset: (page - 1) * PAGE_SIZE }, signal);
  // The fields are not drawn again: somebody may be typing in one.
  if (!place.querySelector(".audit-view")) place.replaceChildren(shell(state, adjust));
  redraw(place.querySelector(".audit-list"), "audit", [data, page], () => [
    data.length ? auditList(data.slice(0, PAGE_SIZE), go) : element("p", { class: "nothing" }, table || action || by ? "No action matches this filter." : "Nothing yet: no rollback, answer, repair or deletion."),
    pager(page, data.length > PAGE_SIZE, adjust),
  ].filter(Boolean));
  return false;
}

function shell(state, adjust) {
  return element("div", { class: "audit-view" }, element("h2", { class: "view-title" }, "Audit trail"),
    element("p", { class: "muted" }, "What people and maintenance did, and why. Loads are among the files."),
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
    element("option", { value: "" }, "Every action"),
    Object.entries(ACTIONS).map(([value, title]) => element("option", { value, selected: value === action }, title)));
  return element("div", { class: "filters", role: "search", "aria-label": "Filter the audit trail" },
    field("Table", name, "name"), element("label", {}, "Action", kind), field("Person", by, "by"));
}

export function auditList(trail, go) {
  return element("ul", { class: "audit" }, trail.map((one) => element("li", {},
    element("div", {}, element("strong", {}, ACTIONS[one.action] ?? one.action), " ",
      one.table_name && viewLink(go, { view: "table", name: one.table_name }, { dir: "auto", "data-focus": `action ${one.id}` }, one.table_name),
      one.load_id && [" ", viewLink(go, { view: "file", id: one.load_id }, { "data-focus": `load ${one.id}` }, `load ${number(one.load_id)}`)],
      one.subject && element("span", { class: "muted" }, ` ${one.subject}`),
      one.reason && element("p", { dir: "auto" }, `“${one.reason}”`)),
    element("div", { class: "muted" }, one.actor || NONE, moment(one.happened_at)))));
}

function pager(page, more, adjust) {
  if (page === 1 && !more) return null;
  return element("nav", { class: "pager", "aria-label": "Pages of the audit trail" },
    element("button", { type: "button", disabled: page === 1, "data-focus": "newer", onclick: () => adjust({ page: page - 1 }) }, "Newer"),
    element("span", { class: "muted" }, `Page ${number(page)}`),
    element("button", { type: "button", disabled: !more, "data-focus": "older", onclick: () => adjust({ page: page + 1 }) }, "Older"));
}
