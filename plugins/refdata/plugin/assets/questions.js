/** Questions of held loads, answered in place: what was found, what each answer does, and why one was given. */

import { change } from "./client.js";
import { confirmed, failureText } from "./dialog.js";
import { element } from "./dom.js";
import { cell } from "./grid.js";
import { moment } from "./format.js";
import { viewLink } from "./links.js";
import { common, questions as texts } from "./texts.js";

/** Airflow needs some seconds to take an answer; for so long the form does not come back. */
const TAKING = 30_000;

/** What somebody has chosen and typed so far, by load: it survives a refresh. */
const drafts = new Map();
/** When a load was answered here. */
const answered = new Map();

export function isBeingTaken(load) {
  return Date.now() - (answered.get(load) ?? -TAKING) < TAKING;
}

/** The open questions of one load, as a form; for people who may not answer, as a text. */
export function questionForm(load, questions, { me, refresh }) {
  if (isBeingTaken(load)) {
    return [element("p", { class: "done-well", role: "status" }, texts.answered)];
  }
  const draft = drafts.get(load) ?? { answers: {}, keep: false, reason: "" };
  drafts.set(load, draft);
  const parts = { load, questions, draft, refresh, ...controls(load, draft) };
  const asked = questions.map((question) => asking(question, parts, me.may_answer));
  if (!me.may_answer) return [...asked, element("p", { class: "muted" }, texts.readOnly)];
  follow(parts);
  return [...asked, ending(parts, { keeps: questions.some((question) => question.choices.some((choice) => choice.keepable)) })];
}

function controls(load, draft) {
  const trouble = element("p", { class: "trouble", role: "alert" });
  const keep = element("input", { type: "checkbox", checked: draft.keep, "data-focus": `keep ${load}` });
  const reason = element("textarea", { rows: 2, maxlength: 1000, "data-focus": `reason ${load}` }, draft.reason);
  const send = element("button", { type: "button", class: "main", "data-focus": `answer ${load}` }, common.answer);
  return { trouble, keep, reason, send };
}

function asking(question, { load, draft, ...parts }, mayAnswer) {
  const titled = `asked-${load}-${question.id}`;
  return element("section", { class: "question", "aria-labelledby": titled },
    element("h4", { id: titled, dir: "auto" }, question.subject), evidence(question),
    element("div", { class: "choices", role: mayAnswer ? "radiogroup" : "list", "aria-labelledby": titled },
      question.choices.map((choice) => (mayAnswer ? option(question, choice, { load, draft, ...parts }) : offered(choice)))));
}

function evidence({ evidence: found, examples }) {
  const lines = [...found.map((text) => [texts.found, text]), ...examples.map((text) => [texts.inFile, text])];
  return lines.length > 0 && element("table", { class: "evidence", role: "table" }, element("caption", { class: "hidden" }, texts.whatWasFound),
    element("tbody", { role: "rowgroup" }, lines.map(([title, text], place) => element("tr", { role: "row" },
      element("th", { scope: "row", role: "rowheader" }, element("span", { class: lines[place - 1]?.[0] === title ? "hidden" : null }, title)), element("td", { role: "cell", dir: "auto" }, text)))));
}

function option(question, choice, parts) {
  const { load, draft } = parts;
  const input = element("input", { type: "radio", name: `${load} ${question.name}`, value: choice.key,
    checked: draft.answers[question.name] === choice.key, "data-focus": `${load} ${question.name} ${choice.key}`,
    onchange: () => { draft.answers[question.name] = choice.key; follow(parts); } });
  return element("label", { class: `choice ${choice.outcome}` }, input, ...words(choice));
}

function offered(choice) {
  return element("div", { class: "choice", role: "listitem" }, ...words(choice));
}

function words(choice) {
  return [element("strong", { dir: "auto" }, choice.label), element("span", { class: "muted", dir: "auto" }, choice.effect)];
}

function ending(parts, { keeps }) {
  const { keep, reason, send, trouble, draft } = parts;
  keep.addEventListener("change", () => { draft.keep = keep.checked; });
  reason.addEventListener("input", () => { draft.reason = reason.value; });
  send.addEventListener("click", () => give(parts));
  return element("div", { class: "ending" },
    keeps && element("label", { class: "keep" }, keep, element("span", {}, texts.always,
      element("span", { class: "muted small" }, texts.alwaysEffect))),
    element("label", { class: "why" }, common.reasonAsked, reason), trouble,
    element("p", { class: "answers" }, send));
}

/** An answer is kept only where its effect is the same for every file. */
function follow({ questions, draft, keep }) {
  const chosen = questions.flatMap((question) => question.choices.filter((choice) => choice.key === draft.answers[question.name]));
  keep.disabled = !chosen.some((choice) => choice.keepable);
  if (keep.disabled) keep.checked = draft.keep = false;
}

async function give({ load, questions, draft, send, reason, trouble, refresh }) {
  const left = questions.filter((question) => !draft.answers[question.name]);
  if (left.length) return void (trouble.textContent = left.length === 1 ? texts.choose(left[0].subject) : texts.left(left.length));
  if (!draft.reason.trim()) {
    trouble.textContent = common.giveReason;
    return void reason.focus();
  }
  send.disabled = true;
  trouble.textContent = "";
  try {
    await change(`loads/${load}/answer`, { answers: draft.answers, keep: draft.keep, reason: draft.reason.trim() });
    drafts.delete(load);
    answered.set(load, Date.now());
    await refresh();
  } catch (failure) {
    trouble.textContent = failureText(failure);
    send.disabled = false;
  }
}

/** What was answered to a load's questions, by whom and why. */
export function givenAnswers(questions) {
  return element("ul", { class: "audit" }, questions.map((question) => element("li", {}, said(question), who(question))));
}

/** The answers that a table keeps, each with a button to withdraw it. */
export function keptAnswers(kept, { me, go, refresh }) {
  return element("ul", { class: "audit" }, kept.map((question) => element("li", {}, said(question, { marked: false }),
    element("div", { class: "names" }, who(question),
      viewLink(go, { view: "file", id: question.load_id }, { class: "small", dir: "auto", "data-focus": `asked ${question.id}` }, question.file_name),
      me.may_answer && element("button", { type: "button", class: "plain", "data-focus": `withdraw ${question.id}`,
        onclick: () => withdraw(question, refresh) }, texts.withdraw, element("span", { class: "hidden" }, ` ${question.given.label}`))))));
}

function said({ subject, given }, { marked = true } = {}) {
  return element("div", {}, element("strong", { dir: "auto" }, given.label), marked && given.kept && element("span", { class: "badge kept" }, texts.kept),
    element("p", { class: "muted", dir: "auto" }, subject), given.reason && element("p", { dir: "auto" }, common.quoted(given.reason)));
}

function who({ given }) {
  return element("div", { class: "muted" }, given.by, moment(given.answered_at));
}

function withdraw(question, refresh) {
  confirmed({
    title: texts.withdrawTitle(question.given.label),
    content: Promise.resolve([element("p", { dir: "auto" }, texts.withdrawEffect(question.subject)),
      element("p", { class: "muted" }, texts.withdrawKeeps)]),
    action: texts.withdraw,
    act: async (reason) => {
      await change(`answers/${question.id}/withdraw`, { reason });
      await refresh();
    },
  });
}

/** Everything known about a table, each fact with who states it. */
export function contractFacts(facts, go) {
  return element("div", { class: "scroll facts", tabindex: 0, role: "region", "aria-label": texts.facts },
    element("table", { class: "contract", role: "table" }, element("caption", { class: "hidden" }, texts.contract),
      element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, [texts.fact, texts.value, texts.origin].map((title) =>
        element("th", { scope: "col", role: "columnheader" }, title)))),
      element("tbody", { role: "rowgroup" }, facts.map((fact) => element("tr", { role: "row" },
        cell(texts.fact, { class: "name", dir: "auto" }, element("code", {}, fact.key)),
        cell(texts.value, { dir: "auto" }, fact.value), cell(texts.origin, {}, origin(fact, go)))))));
}

function origin({ layer, origin: sentence, load_id: load }, go) {
  const text = load ? viewLink(go, { view: "file", id: load }, { dir: "auto" }, sentence) : element("span", { dir: "auto" }, sentence);
  return element("span", { class: `layer ${layer ?? ""}` }, text);
}

/** Whether the load waits for the change gate: then its changes can be shown. */
export function isGated(questions) {
  return questions.some((question) => question.kind === "change_gate");
}

/** A short note in the list of files: what the first question is, and how many there are. */
export function noteText(questions) {
  return questions.length > 1 ? texts.more(questions[0].subject, questions.length - 1) : questions[0].subject;
}
