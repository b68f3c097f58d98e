/** One file's whole history: what was found, what was changed, each step, and how it ended. */

import { ask } from "./client.js";
import { differences } from "./diff.js";
import { element, redraw } from "./dom.js";
import { LOAD_TYPES, MOVING, answerLink, badge, durationOf, rowsOf, sentence } from "./files.js";
import { NONE, absolute, bytes, duration, moment, number, plural } from "./format.js";
import { fileLink, runLink, viewLink } from "./links.js";
import { rejectedLines } from "./rejects.js";
import { givenAnswers, isBeingTaken, isGated, questionForm } from "./questions.js";
import { refusedActions } from "./refused.js";

const NAMES = { ",": "comma", ";": "semicolon", "|": "pipe", "\t": "tab", '"': "double quote", "'": "single quote",
  "\n": "line feed", "\r\n": "carriage return and line feed", "\r": "carriage return" };

/** Rows that are compared automatically: the database does it instantly. */
const COMPARED_AT_ONCE = 50_000;
const DROPPED = ["fullload", "append"];
const WIDE = new Set(["Path", "Run", "SHA-256"]);
const NOTHING = { review: "Nothing is changed until somebody answers.", duplicate: "Nothing was changed: this content is already in the table.", error: "Nothing was changed.", cancelled: "Nothing was changed." };

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
    viewLink(go, { view: "files" }, { class: "back", "data-focus": "back" }, "← Files"),
    element("div", { class: "title" }, element("h2", { dir: "auto" }, file.file_name), badge(file.status)),
    element("p", { class: "muted" }, `${LOAD_TYPES[file.load_type]} into `,
      viewLink(go, { view: "table", name: file.table_name }, { dir: "auto", "data-focus": "table" }, file.table_name),
      `, ${file.is_reference_data ? "a reference table" : "not a reference table"}`,
      file.version_id && `, as version ${number(file.version_id)}`, file.run_path && " · ",
      file.run_path && runLink(file.run_path, file.file_name, "Run in Airflow")),
    file.error && problem(file, data.rejects.file),
    refusedActions(file, page),
    warnings(file),
    file.status === "review" && (open.length && !isGated(open) ? questions(file, open, page) : waiting(file, open, page)),
    data.rejects.file && card("Rejected lines", rejectedLines(file)),
    element("div", { class: "cards" },
      card("Rows", rows(data)), card("Steps", steps(data)), data.format && card("Format found", format(data.format)),
      card("Table", changes(data)), given.length > 0 && card("Answers", givenAnswers(given)), card("File", facts(data))),
  ];
}

/** A load that waits for answers: they are given here, or in Airflow's own form. */
function questions(file, open, page) {
  return element("div", { class: "first" }, card(open.length > 1 ? `It asks ${number(open.length)} questions` : "It asks a question",
    element("p", {}, `Until somebody answers, ${file.table_name} stays unchanged and later files for it wait.`),
    ...questionForm(file.id, open, page)));
}

/** A load waiting for approval: its changes are compared on request, because that takes the database a while. */
function waiting(file, open, page) {
  const { id, table_name: table } = file;
  const place = element("div", { class: "held", role: "status" });
  const button = element("button", { type: "button", class: "main quiet", "data-focus": "held", onclick: show }, "Show what it would change");
  async function show() {
    button.disabled = true;
    place.replaceChildren(element("p", { class: "muted" }, "Comparing…"));
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
  return element("div", { class: "first" }, card("Waiting for approval",
    element("p", {}, `Until somebody answers, ${table} stays unchanged and later files for it wait.`),
    element("p", { class: "answers" }, file.run_path && answerLink(file, { class: "run", "data-focus": "answer" }), button), place, ...(open.length ? questionForm(id, open, page) : [])));
}

/** What went wrong; where lines are at fault, what to do with them is offered here. */
function problem({ id, file_name: name, status, error: { category, message, advice: written } }, rejects) {
  const advice = rejects && category === "data" ? ["Correct the lines that are marked below. ",
    fileLink(`download/loads/${id}/fix`, { "data-focus": "fix first" }, `Download ${name}`), ", correct it, and drop it again."] : written;
  return element("div", { class: `reason open ${status}` },
    element("p", {}, element("strong", {}, `${sentence(category)}: `), message),
    advice && element("p", { class: "advice" }, element("span", { class: "muted" }, "What to do: "), advice));
}

function warnings({ warnings: texts }) {
  return texts.length > 0 && element("div", { class: "warnings" }, element("p", {}, plural(texts.length, "warning", "warnings")),
    element("ul", {}, texts.map((warning) => element("li", {}, warning))));
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
  const counts = [["Inserted", file.rows_inserted], ["Updated", file.rows_updated], ["Unchanged", file.rows_unchanged]];
  return file.rows_inserted === null ? [] : counts.map(([title, count]) => [title, number(count)]);
}

function rows({ file, rejects }) {
  return pairs([["Read", number(file.rows_read)], ["Loaded", rowsOf(file)], ...compared(file),
    ["Rejected", element("span", { class: rejects.rows ? "bad" : null }, number(file.rows_rejected))], ["Took", durationOf(file)]]);
}

/** The steps as Airflow reports them, between what comes before and after; otherwise the ledger's times. */
function steps({ file, stability, steps: known }) {
  // The first step creates the ledger row; the file was released before that.
  const released = [file.created_at, ...known.slice(0, 1).map((one) => one.started_at)].filter(Boolean).sort()[0];
  const wait = `Unchanged for ${stability.checks} checks, ${duration(stability.interval_seconds)} apart`;
  const before = [
    stability.changed_at && step("Last change of the file", stability.changed_at, "", "done"),
    step("Released", released, stability.changed_at ? wait : "", "done"),
  ];
  const taken = known.filter((one) => one.state !== "skipped" && (one.started_at || one.state)).map((one) => step(one.title,
    one.started_at, [one.seconds !== null && duration(one.seconds), one.tries > 1 && `${one.tries} tries`].filter(Boolean).join(", "), toneOf(one.state), one.state));
  const moments = [["Turn granted", file.started_at], ["Published", file.loaded_at], ["Archived", file.processed_at]]
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
    element("p", { class: "sure" }, element("meter", { min: 0, max: 100, low: 60, high: 85, optimum: 100, value: sure, "aria-label": `Confidence ${sure} %` }), ` ${sure} % sure`),
    pairs([["Encoding", found.encoding], ["Delimiter", named(found.delimiter)], ["Quote", found.quote ? named(found.quote) : "none"],
      ["Line ending", named(found.line_ending)],
      ["Header", found.has_header ? plural(found.header.length, "column", "columns") : "none"],
      ["Skipped lines", number(found.preamble_lines + found.trailer_lines)]]),
    element("p", { class: "columns" }, found.header.map((name) => element("code", { dir: "auto" }, name || "(blank)"))),
    found.reasons.length > 0 && element("details", {}, element("summary", { "data-focus": "why" }, "Why"),
      element("ul", {}, found.reasons.map((reason) => element("li", {}, reason)))),
    rivals.length > 0 && element("p", { class: "muted small" }, "Next best: ",
      rivals.map((one) => `${named(one.delimiter)} (${Math.round(100 * one.score)} %)`).join(", ")),
  ];
}

function named(text) {
  return NAMES[text] ?? text;
}

function changes({ file, table_changes: described, is_configured: configured }) {
  if (file.load_type === "rollback" || file.load_type === "take_back" || file.load_type === "delete") return element("p", {}, "Its columns stayed unchanged.");
  if (described === null) return element("p", { class: "muted" }, NOTHING[file.status] ?? (MOVING.includes(file.status) ? "Not checked yet." : "Not recorded."));
  const parts = described === "no change" ? ["Its columns already fit."] : described.split("; ").map(sentence);
  return [element("ul", { class: "changes" }, parts.map((part) => element("li", {}, part))),
    file.is_reference_data && element("p", { class: "muted small" },
      configured ? "Registered in the configuration." : "Not in the configuration yet.")];
}

function facts({ file, uploaded_by: uploader }) {
  return [file.processed_at && DROPPED.includes(file.load_type) && element("p", { class: "downloads" }, fileLink(`download/loads/${file.id}/original`,
    { class: "download", "data-focus": "original", title: "The file as it was dropped" }, "Download the original")), factPairs(file, uploader)];
}

function factPairs(file, uploader) {
  return pairs([["Load", `${file.id}`], ...(uploader ? [["Uploaded by", uploader]] : []), ["Path", file.file_path], ["Size", bytes(file.file_size)], ["Staged by", file.load_method ?? NONE],
    ["Dropped", moment(file.created_at)], ["Ended", file.processed_at ? absolute(file.processed_at) : NONE],
    ["Run", file.dag_run_id ?? NONE], ["SHA-256", file.file_hash ?? NONE]]);
}
