/** A table's contract, edited in place: the text is tried on the live rows before it is saved. */

import { ask, change } from "./client.js";
import { failureText } from "./dialog.js";
import { element } from "./dom.js";
import { number, plural } from "./format.js";

const SAID = {
  load: "Every row of the table fits.", warn: "Every row of the table fits, with warnings.", ask: "The table's own rows would raise a question.",
  approve: "Too many of the table's own rows would break a rule.", duplicate: "Every row of the table fits.", refuse: "The table's own rows would be refused.",
};

/** What somebody has typed and not saved, by table: a refresh of the page must not lose it. */
const drafts = new Map();

/** A button that opens the editor in its place, for those who may. */
export function contractEditor({ info, me, refresh }) {
  if (!me.may_administer) return null;
  const place = element("div", { class: "contract-editor" });
  const open = element("button", { type: "button", class: "plain", "data-focus": "edit contract", onclick: () => edit(place, info.table_name, refresh) }, "Edit the contract");
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
  const check = element("button", { type: "button", class: "main", "data-focus": "check contract" }, "Check");
  const save = element("button", { type: "button", class: "main", "data-focus": "save contract" }, "Save");
  const follow = () => {
    save.disabled = draft.tried === null;
    result.replaceChildren(...(draft.tried ? trial(draft.tried, table) : []));
  };
  check.addEventListener("click", () => guarded([check, save], trouble, async () => {
    draft.tried = (await change(`${path}/trial`, { text: draft.text })).data;
  }).then(follow));
  save.addEventListener("click", () => guarded([check, save], trouble, async () => {
    if (!draft.reason.trim()) throw new Error("Give a reason: others will read it.");
    await change(`${path}/save`, { text: draft.text, before: draft.digest, reason: draft.reason.trim() });
    close();
  }).then(follow));
  follow();
  return [
    element("p", { class: "muted" }, draft.name ? `${draft.name}. The next load follows what is saved.` : "There is no contract file yet; this one is made from the table."),
    element("label", { class: "why" }, "Contract", text), element("p", { class: "answers" }, check, element("span", { class: "muted" }, "Tries it on every row of the table; nothing changes.")),
    result, element("label", { class: "why" }, "Reason, recorded in the audit trail", reason), trouble,
    element("p", { class: "answers" }, save, element("button", { type: "button", class: "main quiet", "data-focus": "leave contract", onclick: close }, "Cancel")),
  ];
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
  const broken = rejected ? ` ${plural(rejected, "row", "rows")} of ${number(rows + rejected)} would break a rule.` : "";
  return [
    element("p", {}, element("strong", {}, SAID[outcome]), `${broken} ${refused}`),
    rejects.length > 0 && element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Rows of ${table} that would break a rule` },
      element("table", { class: "plain rejected" }, element("thead", {}, element("tr", {}, ["Reason", "Row"].map((title) => element("th", { scope: "col" }, title)))),
        element("tbody", {}, rejects.map((row) => element("tr", {}, element("td", { dir: "auto" }, row.reason), element("td", { dir: "auto" }, element("code", {}, row.raw))))))),
    questions.length > 0 && element("ul", {}, questions.map((one) => element("li", { dir: "auto" }, one.subject))),
    warnings.length > 0 && element("ul", { class: "warnings" }, warnings.map((text) => element("li", { dir: "auto" }, text))),
  ].filter(Boolean);
}
