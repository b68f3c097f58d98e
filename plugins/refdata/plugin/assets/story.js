/** One file's whole history: what was found, what was changed, each step, and how it ended. */

import { ask } from "./client.js";
import { differences } from "./diff.js";
import { element, redraw } from "./dom.js";
import { MOVING, answerLink, badge, durationOf, rowsOf, sentence } from "./files.js";
import { absolute, duration, moment } from "./format.js";
import { fileLink, runLink, viewLink } from "./links.js";
import { NONE, bytes, number } from "./numbers.js";
import { rejectedLines } from "./rejects.js";
import { givenAnswers, isBeingTaken, isGated, questionForm } from "./questions.js";
import { refusedActions } from "./refused.js";
import { common, story as texts } from "./texts.js";

/** Rows that are compared automatically: the database does it instantly. */
const COMPARED_AT_ONCE = 50_000;
const DROPPED = ["fullload", "append"];
const WIDE = new Set([texts.path, texts.run, texts.hash]);

export async function showStory({ place, state, signal, go, refresh }) {
  const id = state.id ?? 0;
  const [found, asked, me] = await Promise.all([ask(`files/${id}`, {}, signal), ask(`files/${id}/questions`, {}, signal), ask("me", { load: id || null }, signal)]);
  const { file } = found.data;
  const taken = isBeingTaken(file.id);
  redraw(place, `file ${state.id}`, [found.data, asked.data, me.data, taken], () => story(found.data, asked.data, { me: me.data, go, refresh }));
  return MOVING.includes(file.status) || (file.status === "review" && taken);
}

function story(data, asked, page) {
  const { file } = data;
  const { go } = page;
  const open = asked.filter((question) => !question.given);
  const given = asked.filter((question) => question.given);
  return [
    viewLink(go, { view: "files" }, { class: "back", "data-focus": "back" }, texts.back),
    element("div", { class: "title" }, element("h2", { dir: "auto" }, file.file_name), badge(file.status)),
    element("p", { class: "muted" }, texts.into(common.loadTypes[file.load_type]),
      viewLink(go, { view: "table", name: file.table_name }, { dir: "auto", "data-focus": "table" }, file.table_name),
      file.is_reference_data ? texts.reference : texts.notReference,
      file.version_id && texts.asVersion(file.version_id), file.run_path && " · ",
      file.run_path && runLink(file.run_path, file.file_name, texts.runInAirflow)),
    file.error && problem(file, data.rejects.file),
    refusedActions(file, page),
    warnings(file),
    file.status === "review" && (open.length && !isGated(open) ? questions(file, open, page) : waiting(file, open, page)),
    data.rejects.file && card(texts.rejectedLines, rejectedLines(file)),
    element("div", { class: "cards" },
      card(texts.rows, rows(data)), card(texts.steps, steps(data)), data.format && card(common.formatFound, format(data.format)),
      card(texts.table, changes(data)), given.length > 0 && card(texts.answers, givenAnswers(given)), card(texts.file, facts(data))),
  ];
}

/** A load that waits for answers: they are given here, or in Airflow's own form. */
function questions(file, open, page) {
  return element("div", { class: "first" }, card(texts.asks(open.length),
    element("p", {}, texts.untilAnswered(file.table_name)),
    ...questionForm(file.id, open, page)));
}

/** A load waiting for approval: its changes are compared on request, because that takes the database a while. */
function waiting(file, open, page) {
  const { id, table_name: table } = file;
  const place = element("div", { class: "held", role: "status" });
  const button = element("button", { type: "button", class: "main quiet", "data-focus": "held", onclick: show }, texts.showChanges);
  async function show() {
    button.disabled = true;
    place.replaceChildren(element("p", { class: "muted" }, common.comparing));
    try {
      const { data } = await ask(`files/${id}/diff`);
      place.replaceChildren(element("div", {}, ...differences(data)));
      button.remove();
    } catch (error) {
      place.replaceChildren(element("p", {}, error.message));
      button.disabled = false;
    }
  }
  if (file.rows_read !== null && file.rows_read <= COMPARED_AT_ONCE) show();
  return element("div", { class: "first" }, card(texts.waiting,
    element("p", {}, texts.untilAnswered(table)),
    element("p", { class: "answers" }, file.run_path && answerLink(file, { class: "run", "data-focus": "answer" }), button), place, ...(open.length ? questionForm(id, open, page) : [])));
}

/** What went wrong; where lines are at fault, what to do with them is offered here. */
function problem({ id, file_name: name, status, error: { category, message, plain_advice: written } }, rejects) {
  const advice = rejects && category === "data" ? [texts.correctLines,
    fileLink(`download/loads/${id}/fix`, { "data-focus": "fix first" }, texts.download(name)), texts.dropAgain] : written;
  return element("div", { class: `reason open ${status}` },
    element("p", {}, element("strong", {}, `${sentence(category)}: `), message),
    advice && element("p", { class: "advice" }, element("span", { class: "muted" }, common.whatToDo), advice));
}

function warnings({ warnings: found }) {
  return found.length > 0 && element("div", { class: "warnings" }, element("p", {}, common.warnings(found.length)),
    element("ul", {}, found.map((warning) => element("li", {}, warning))));
}

export function card(title, ...children) {
  return element("section", { class: "card" }, element("h3", {}, title), ...children);
}

export function pairs(items) {
  return element("dl", { class: "pairs" }, items.map(([title, value]) =>
    element("div", { class: WIDE.has(title) ? "wide" : null }, element("dt", {}, title), element("dd", { dir: "auto" }, value))));
}

/** What became of the loaded rows in the table, where they were compared with its rows. */
function compared(file) {
  const counts = [[texts.inserted, file.rows_inserted], [texts.updated, file.rows_updated], [texts.unchanged, file.rows_unchanged]];
  return file.rows_inserted === null ? [] : counts.map(([title, count]) => [title, number(count)]);
}

function rows({ file, rejects }) {
  return pairs([[texts.read, number(file.rows_read)], [texts.loaded, rowsOf(file)], ...compared(file),
    [texts.rejected, element("span", { class: rejects.rows ? "bad" : null }, number(file.rows_rejected))], [texts.took, durationOf(file)]]);
}

/** The steps as Airflow reports them, between what comes before and after; otherwise the ledger's times. */
function steps({ file, stability, steps: known }) {
  // The first step creates the ledger row; the file was released before that.
  const released = [file.created_at, ...known.slice(0, 1).map((one) => one.started_at)].filter(Boolean).sort()[0];
  const wait = texts.unchangedFor(stability.checks, duration(stability.interval_seconds));
  const before = [
    stability.changed_at && step(texts.lastChange, stability.changed_at, "", "done"),
    step(texts.released, released, stability.changed_at ? wait : "", "done"),
  ];
  const taken = known.filter((one) => one.state !== "skipped" && (one.started_at || one.state)).map((one) => step(one.title,
    one.started_at, [one.seconds !== null && duration(one.seconds), one.tries > 1 && texts.tries(one.tries)].filter(Boolean).join(", "), toneOf(one.state), one.state));
  const moments = [[texts.turnGranted, file.started_at], [texts.published, file.loaded_at], [texts.archived, file.processed_at]]
    .filter(([, iso]) => iso).map(([title, iso]) => step(title, iso, "", "done"));
  return element("ol", { class: "steps" }, before, taken.length ? taken : moments);
}

function toneOf(state) {
  if (state === "success") return "done";
  if (state === "failed" || state === "upstream_failed") return "failed";
  return state === "running" ? "running" : "waiting";
}

function step(title, iso, note, tone, state = "") {
  return element("li", { class: tone }, element("div", {}, element("span", {}, title),
    note && element("span", { class: "muted small" }, note),
    tone !== "done" && state && element("span", { class: "muted small" }, sentence(state))),
  element("span", { class: "muted small figure" }, iso ? absolute(iso) : NONE));
}

export function format(found) {
  const sure = Math.round(100 * found.confidence);
  const rivals = found.runners_up.filter((one) => one.score >= 0.005);
  return [
    element("p", { class: "sure" }, element("meter", { min: 0, max: 100, low: 60, high: 85, optimum: 100, value: sure, "aria-label": texts.confidence(sure) }), texts.sure(sure)),
    pairs([[texts.encoding, found.encoding], [texts.delimiter, named(found.delimiter)], [texts.quote, found.quote ? named(found.quote) : texts.none],
      [texts.lineEnding, named(found.line_ending)],
      [texts.header, found.has_header ? texts.columns(found.header.length) : texts.none],
      [texts.skippedLines, number(found.preamble_lines + found.trailer_lines)]]),
    element("p", { class: "columns" }, found.header.map((name) => element("code", { dir: "auto" }, name || texts.blank))),
    found.reasons.length > 0 && element("details", {}, element("summary", { "data-focus": "why" }, texts.why),
      element("ul", {}, found.reasons.map((reason) => element("li", {}, reason)))),
    rivals.length > 0 && element("p", { class: "muted small" }, texts.nextBest,
      rivals.map((one) => `${named(one.delimiter)} (${Math.round(100 * one.score)} %)`).join(", ")),
  ];
}

function named(text) {
  return common.characters[text] ?? text;
}

function changes({ file, table_changes: described, is_configured: configured }) {
  if (file.load_type === "rollback" || file.load_type === "take_back" || file.load_type === "delete") return element("p", {}, texts.columnsStay);
  if (described === null) return element("p", { class: "muted" }, texts.nothing[file.status] ?? (MOVING.includes(file.status) ? texts.notChecked : texts.notRecorded));
  const parts = described === "no change" ? [texts.columnsFit] : described.split("; ").map(sentence);
  return [element("ul", { class: "changes" }, parts.map((part) => element("li", {}, part))),
    file.is_reference_data && element("p", { class: "muted small" },
      configured ? texts.registered : texts.notRegistered)];
}

function facts({ file, uploaded_by: uploader }) {
  return [file.processed_at && DROPPED.includes(file.load_type) && element("p", { class: "downloads" }, fileLink(`download/loads/${file.id}/original`,
    { class: "download", "data-focus": "original", title: texts.original }, texts.downloadOriginal)), factPairs(file, uploader)];
}

function factPairs(file, uploader) {
  return pairs([[texts.load, `${file.id}`], ...(uploader ? [[texts.uploadedBy, uploader]] : []), [texts.path, file.file_path], [texts.size, bytes(file.file_size)], [texts.stagedBy, file.load_method ?? NONE],
    [texts.dropped, moment(file.created_at)], [texts.ended, file.processed_at ? absolute(file.processed_at) : NONE],
    [texts.run, file.dag_run_id ?? NONE], [texts.hash, file.file_hash ?? NONE]]);
}
