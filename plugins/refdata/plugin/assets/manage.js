/** What becomes of a table: retired, renamed, deleted, opened again; each with what depends on it and a reason. */

import { Failure, ask, change } from "./client.js";
import { confirmed } from "./dialog.js";
import { element } from "./dom.js";
import { moment, number, plural } from "./format.js";
import { downloads, viewLink } from "./links.js";

/** Buttons for those who may; a closed table offers the way back. */
export function manageButtons({ info, closed, me, go, refresh }, announce) {
  if (!me.may_administer || closed) return null;
  const button = (title, act) => element("button", { type: "button", class: "plain", "data-focus": title, onclick: act }, title);
  const path = `tables/${encodeURIComponent(info.table_name)}`;
  return element("div", { class: "manage" },
    button("Rename", () => rename(info, path, go)),
    button("Retire", () => retire(info, path, refresh, announce)),
    button("Delete", () => remove(info, path, go)));
}

/** Says that the table takes no more files, since when and why. */
export function closedNote(closed, { me, refresh }, announce) {
  if (!closed) return null;
  return element("div", { class: "first" }, element("p", { class: "closed" },
    element("strong", {}, `This table is ${closed.state}: it takes no more files. `),
    `${closed.closed_by}: “${closed.reason}” `, moment(closed.closed_at),
    me.may_administer && openAgain(closed, refresh, announce)));
}

/** Tables that were renamed or deleted: they are in no list, but files may still be named for them. */
export function closedList(closed, me, refresh, go) {
  const gone = closed.filter((one) => one.state !== "retired");
  if (!gone.length) return null;
  return element("details", { class: "gone" }, element("summary", {}, `${plural(gone.length, "earlier name", "earlier names")} of tables`),
    element("ul", { class: "audit" }, gone.map((one) => element("li", {},
      element("div", {}, element("strong", { dir: "auto" }, one.table_name),
        one.new_name ? [" was renamed ", viewLink(go, { view: "table", name: one.new_name }, { dir: "auto" }, one.new_name)] : " was deleted; files named for it are refused",
        element("p", { dir: "auto" }, `“${one.reason}”`)),
      element("div", { class: "muted" }, one.closed_by, moment(one.closed_at),
        me.may_administer && !one.new_name && openAgain(one, refresh, () => undefined))))));
}

function openAgain(closed, refresh, announce) {
  return element("button", { type: "button", class: "plain", "data-focus": `open ${closed.table_name}`, onclick: () => confirmed({
    title: `Let ${closed.table_name} take files again?`,
    content: Promise.resolve([element("p", {}, closed.state === "deleted" ? "The next file that is named for it creates the table again." : "The next file that is named for it is loaded.")]),
    action: "Open again",
    act: async (reason) => {
      await change(`tables/${encodeURIComponent(closed.table_name)}/reopen`, { reason });
      announce(`${closed.table_name} takes files again.`);
      await refresh();
    },
  }) }, "Open again");
}

function retire(info, path, refresh, announce) {
  confirmed({
    title: `Retire ${info.table_name}?`,
    content: dependents(path, "Its rows and versions stay. Files that are dropped for it are refused from now on, with your reason."),
    action: "Retire",
    act: async (reason) => {
      await change(`${path}/retire`, { reason });
      announce(`${info.table_name} takes no more files.`);
      await refresh();
    },
  });
}

function rename(info, path, go) {
  const name = element("input", { type: "text", value: info.table_name, maxlength: 100, autocomplete: "off", spellcheck: "false", id: "new-name" });
  confirmed({
    title: `Rename ${info.table_name}?`,
    content: dependents(path, "Rows, versions, history, answers and its contract go along. Files named for the old name go to the new one, and say so. What the database defines with the old name, such as views, does not follow.",
      element("label", { class: "why" }, "New name", name)),
    action: "Rename",
    act: async (reason) => {
      const { data } = await change(`${path}/rename`, { reason, new_name: required(name, "Give a new name.") });
      await go({ view: "table", name: data.closed.new_name });
    },
  });
}

function remove(info, path, go) {
  const name = element("input", { type: "text", maxlength: 100, autocomplete: "off", spellcheck: "false", id: "confirm-name" });
  const { table_name: table } = info;
  confirmed({
    title: `Delete ${table}?`,
    content: dependents(path, `Its ${plural(info.summary?.rows_live ?? 0, "row", "rows")} and all of its versions are gone for good; the history of its files stays. Files named for it are refused until somebody opens the name again.`,
      element("p", {}, "Keep a copy: ", element("span", { class: "downloads" }, downloads(`download/${encodeURIComponent(table)}`, {}, "rows", `Every row of ${table}`))),
      element("label", { class: "why" }, `Write ${table} to confirm`, name)),
    action: "Delete",
    act: async (reason) => {
      if (required(name, `Write ${table} to confirm.`).toLowerCase() !== table.toLowerCase()) throw new Failure(422, "bad_request", `That is not ${table}.`);
      await change(`${path}/delete`, { reason, confirm: table });
      await go({ view: "tables" });
    },
  });
}

function required(field, missing) {
  const value = field.value.trim();
  if (value) return value;
  field.focus();
  throw new Failure(422, "bad_request", missing);
}

/** What will happen, what depends on the table, and what else the dialog needs. */
async function dependents(path, effect, ...more) {
  const { data } = await ask(`${path}/dependents`);
  return [element("p", {}, effect),
    data.length > 0 && element("p", {}, element("strong", {}, `${number(data.length)} ${data.length === 1 ? "thing depends" : "things depend"} on it:`)),
    data.length > 0 && element("ul", {}, data.map((one) => element("li", { dir: "auto" }, one.what))),
    ...more];
}
