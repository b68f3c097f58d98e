/** A table's contract, edited in place: the text is tried on the live rows before it is saved. */

import { ask, change } from "./client.js";
import { failureText } from "./dialog.js";
import { element } from "./dom.js";
import { common, contract as texts } from "./texts.js";

/** What somebody has typed and not saved, by table: a refresh of the page must not lose it. */
const drafts = new Map();

/** A button that opens the editor in its place, for those who may. */
export function contractEditor({ info, me, refresh }) {
  if (!me.may_administer) return null;
  const place = element("div", { class: "contract-editor" });
  const open = element("button", { type: "button", class: "plain", "data-focus": "edit contract", onclick: () => edit(place, info.table_name, refresh) }, texts.edit);
  place.append(open);
  if (drafts.has(info.table_name)) edit(place, info.table_name, refresh);
  return place;
}

async function edit(place, table, refresh) {
  const path = `tables/${encodeURIComponent(table)}/contract`;
  try {
    const draft = drafts.get(table) ?? await opened(table, path);
    drafts.set(table, draft);
    place.replaceChildren(...editor(table, path, draft, () => { drafts.delete(table); refresh(); }));
  } catch (failure) {
    place.append(element("p", { class: "trouble", role: "alert" }, failureText(failure)));
  }
}

async function opened(table, path) {
  const { data } = await ask(`${path}/text`);
  return { ...data, reason: "", tried: null };
}

function editor(table, path, draft, close) {
  const text = element("textarea", { id: "contract-text", rows: 18, spellcheck: "false", maxlength: 200_000, "data-focus": "contract text",
    oninput: () => { draft.text = text.value; draft.tried = null; follow(); } });
  text.value = draft.text;
  const reason = element("textarea", { id: "contract-reason", rows: 2, maxlength: 1000, "data-focus": "contract reason", oninput: () => { draft.reason = reason.value; } });
  reason.value = draft.reason;
  const result = element("div", { class: "trial", role: "status" });
  const trouble = element("p", { class: "trouble", role: "alert" });
  const check = element("button", { type: "button", class: "main", "data-focus": "check contract" }, texts.check);
  const save = element("button", { type: "button", class: "main", "data-focus": "save contract" }, texts.save);
  const follow = () => {
    save.disabled = draft.tried === null;
    result.replaceChildren(...(draft.tried ? trial(draft.tried, table) : []));
  };
  check.addEventListener("click", () => guarded([check, save], trouble, async () => {
    draft.tried = (await change(`${path}/trial`, { text: draft.text })).data;
  }).then(follow));
  save.addEventListener("click", () => guarded([check, save], trouble, async () => {
    if (!draft.reason.trim()) throw new Error(common.giveReason);
    await change(`${path}/save`, { text: draft.text, before: draft.digest, reason: draft.reason.trim() });
    close();
  }).then(follow));
  follow();
  return [
    element("p", { class: "muted" }, draft.name ? texts.fileNamed(draft.name) : texts.noFile),
    draft.beside.length > 0 && element("div", { class: "beside" }, element("p", { class: "muted" }, texts.besideTitle),
      element("ul", { class: "changes" }, draft.beside.map((rule) => element("li", {}, element("code", { dir: "auto" }, `${rule.key.replace("refdata.", "")}: ${rule.value}`), element("span", { class: "muted small" }, ` ${rule.origin}`))))),
    element("label", { class: "why" }, texts.contract, text), element("p", { class: "answers" }, check, element("span", { class: "muted" }, texts.checkEffect)),
    result, element("label", { class: "why" }, common.reasonAsked, reason), trouble,
    element("p", { class: "answers" }, save, element("button", { type: "button", class: "main quiet", "data-focus": "leave contract", onclick: close }, common.cancel)),
  ].filter(Boolean);
}

async function guarded(buttons, trouble, act) {
  trouble.textContent = "";
  for (const button of buttons) button.disabled = true;
  try {
    await act();
  } catch (failure) {
    trouble.textContent = failureText(failure);
  }
  for (const button of buttons) button.disabled = false;
}

function trial({ outcome, rows, rejected, rejects, refused, warnings, questions }, table) {
  const broken = rejected ? texts.breaking(rejected, rows + rejected) : "";
  return [
    element("p", {}, element("strong", {}, texts.outcomes[outcome]), `${broken} ${refused}`),
    rejects.length > 0 && element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": texts.breakingRows(table) },
      element("table", { class: "plain rejected" }, element("thead", {}, element("tr", {}, [texts.reason, texts.row].map((title) => element("th", { scope: "col" }, title)))),
        element("tbody", {}, rejects.map((row) => element("tr", {}, element("td", { dir: "auto" }, row.reason), element("td", { dir: "auto" }, element("code", {}, row.raw))))))),
    questions.length > 0 && element("ul", {}, questions.map((one) => element("li", { dir: "auto" }, one.subject))),
    warnings.length > 0 && element("ul", { class: "warnings" }, warnings.map((text) => element("li", { dir: "auto" }, text))),
  ].filter(Boolean);
}
