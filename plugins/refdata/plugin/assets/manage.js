/** What becomes of a table: retired, renamed, deleted, opened again; each with what depends on it and a reason. */

import { Failure, ask, change } from "./client.js";
import { confirmed } from "./dialog.js";
import { element } from "./dom.js";
import { moment } from "./format.js";
import { downloads, viewLink } from "./links.js";
import { common, manage as texts } from "./texts.js";

/** Buttons for those who may; a closed table offers the way back. */
export function manageButtons({ info, closed, me, go, refresh }, announce) {
  if (!me.may_administer || closed) return null;
  const button = (title, act) => element("button", { type: "button", class: "plain", "data-focus": title, onclick: act }, title);
  const path = `tables/${encodeURIComponent(info.table_name)}`;
  return element("div", { class: "manage" },
    button(texts.rename, () => rename(info, path, go)),
    button(texts.retire, () => retire(info, path, refresh, announce)),
    button(texts.delete, () => remove(info, path, go)));
}

/** Says that the table takes no more files, since when and why. */
export function closedNote(closed, { me, refresh }, announce) {
  if (!closed) return null;
  return element("div", { class: "first" }, element("p", { class: "closed" },
    element("strong", {}, texts.closed(closed.state)),
    texts.closedBy(closed.closed_by, closed.reason), moment(closed.closed_at),
    me.may_administer && openAgain(closed, refresh, announce)));
}

/** Tables that were renamed or deleted: they are in no list, but files may still be named for them. */
export function closedList(closed, me, refresh, go) {
  const gone = closed.filter((one) => one.state !== "retired");
  if (!gone.length) return null;
  return element("details", { class: "gone" }, element("summary", {}, texts.earlierNames(gone.length)),
    element("ul", { class: "audit" }, gone.map((one) => element("li", {},
      element("div", {}, element("strong", { dir: "auto" }, one.table_name),
        one.new_name ? [texts.wasRenamed, viewLink(go, { view: "table", name: one.new_name }, { dir: "auto" }, one.new_name)] : texts.wasDeleted,
        element("p", { dir: "auto" }, common.quoted(one.reason))),
      element("div", { class: "muted" }, one.closed_by, moment(one.closed_at),
        me.may_administer && !one.new_name && openAgain(one, refresh, () => undefined))))));
}

function openAgain(closed, refresh, announce) {
  return element("button", { type: "button", class: "plain", "data-focus": `open ${closed.table_name}`, onclick: () => confirmed({
    title: texts.openTitle(closed.table_name),
    content: Promise.resolve([element("p", {}, closed.state === "deleted" ? texts.openDeletedEffect : texts.openRetiredEffect)]),
    action: texts.openAgain,
    act: async (reason) => {
      await change(`tables/${encodeURIComponent(closed.table_name)}/reopen`, { reason });
      announce(texts.opened(closed.table_name));
      await refresh();
    },
  }) }, texts.openAgain);
}

function retire(info, path, refresh, announce) {
  confirmed({
    title: texts.retireTitle(info.table_name),
    content: dependents(path, texts.retireEffect),
    action: texts.retire,
    act: async (reason) => {
      await change(`${path}/retire`, { reason });
      announce(texts.retired(info.table_name));
      await refresh();
    },
  });
}

function rename(info, path, go) {
  const name = element("input", { type: "text", value: info.table_name, maxlength: 100, autocomplete: "off", spellcheck: "false", id: "new-name" });
  confirmed({
    title: texts.renameTitle(info.table_name),
    content: dependents(path, texts.renameEffect,
      element("label", { class: "why" }, texts.newName, name)),
    action: texts.rename,
    act: async (reason) => {
      const { data } = await change(`${path}/rename`, { reason, new_name: required(name, texts.newNameMissing) });
      await go({ view: "table", name: data.closed.new_name });
    },
  });
}

function remove(info, path, go) {
  const name = element("input", { type: "text", maxlength: 100, autocomplete: "off", spellcheck: "false", id: "confirm-name" });
  const { table_name: table } = info;
  confirmed({
    title: texts.deleteTitle(table),
    content: dependents(path, texts.deleteEffect(info.summary?.rows_live ?? 0),
      element("p", {}, texts.keepCopy, element("span", { class: "downloads" }, downloads(`download/${encodeURIComponent(table)}`, {}, "rows", texts.everyRow(table)))),
      element("label", { class: "why" }, texts.confirm(table), name)),
    action: texts.delete,
    act: async (reason) => {
      if (required(name, texts.confirmMissing(table)).toLowerCase() !== table.toLowerCase()) throw new Failure(422, "bad_request", texts.confirmWrong(table));
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
    data.length > 0 && element("p", {}, element("strong", {}, texts.dependents(data.length))),
    data.length > 0 && element("ul", {}, data.map((one) => element("li", { dir: "auto" }, one.what))),
    ...more];
}
