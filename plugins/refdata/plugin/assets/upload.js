/** Upload: a file is chosen and sent, its effect is shown, and only then it is loaded or discarded. */

import { ask, change } from "./client.js";
import { confirmed, failureText } from "./dialog.js";
import { element, redraw } from "./dom.js";
import { moment } from "./format.js";
import { viewLink } from "./links.js";
import { bytes } from "./numbers.js";
import { kinds, previewed } from "./preview.js";
import { send } from "./sending.js";
import { card } from "./story.js";
import { common, upload as texts } from "./texts.js";

/** What was chosen so far, and what is being sent: both survive a refresh. */
const draft = { table: null, kind: "fullload" };
let sending = null;
let trouble = "";
/** Previews by upload; a changed target makes a new one. */
const previews = new Map();
/** Uploads that were handed over here, until their load is there. */
const handed = new Map();

export async function showUpload(page) {
  const { place, state, signal } = page;
  const [waiting, tables, me] = await Promise.all([ask("uploads", {}, signal), ask("tables", {}, signal), ask("me", {}, signal)]);
  const all = { ...page, ...waiting.data, tables: tables.data.map((one) => one.table_name), me: me.data };
  if (state.id === null) {
    redraw(place, "upload", [waiting.data, all.tables, me.data, draft.table === null && state.name, sending?.name, trouble], () => chooser(all));
    return false;
  }
  if (handed.has(state.id)) return follow(all, handed.get(state.id));
  await examine(all);
  return false;
}

function chooser(page) {
  const { me, refusal: refused, uploads } = page;
  return [
    element("h2", { class: "view-title" }, texts.title),
    element("p", { class: "muted" }, texts.introduction),
    !me.may_drop && element("p", {}, texts.readOnly),
    me.may_drop && refused && element("div", { class: "reason open pending", role: "note" },
      element("p", {}, element("strong", {}, refused.message)), element("p", { class: "advice" }, refused.plain_advice)),
    me.may_drop && !refused && form(page),
    !refused && card(texts.waiting, uploads.length ? waitingList(page)
      : element("p", { class: "muted" }, texts.noneWaits)),
  ];
}

function form(page) {
  const { tables, state, max_bytes: most, endings } = page;
  const chosen = draft.table ?? state.name;
  const table = element("select", { id: "upload-table", "data-focus": "table", onchange: () => { draft.table = table.value; } },
    element("option", { value: "" }, texts.byFileName),
    tables.map((name) => element("option", { value: name, selected: name === chosen }, name)));
  const input = element("input", { type: "file", id: "upload-file", accept: endings.join(","), "data-focus": "file", "aria-describedby": "upload-limit",
    disabled: sending !== null, onchange: () => begin(page, input.files) });
  const zone = element("label", { class: "dropzone", for: "upload-file" },
    element("strong", {}, texts.choose), element("span", {}, texts.dragHere), input,
    element("span", { id: "upload-limit", class: "muted small" }, texts.atMost(endings.join(", "), most)));
  accepting(zone, (files) => begin(page, files));
  return element("section", { class: "card", "aria-label": texts.fileToUpload },
    element("div", { class: "upload-target" }, element("label", { for: "upload-table" }, texts.table, table), kinds(draft.kind, "upload-kind", (kind) => { draft.kind = kind; })),
    sending ? progress() : zone, element("p", { class: "trouble", role: "alert" }, trouble));
}

function accepting(zone, onFiles) {
  const over = (event, is) => { event.preventDefault(); zone.classList.toggle("over", is); };
  zone.addEventListener("dragover", (event) => over(event, true));
  zone.addEventListener("dragleave", (event) => over(event, false));
  zone.addEventListener("drop", (event) => { over(event, false); onFiles(event.dataTransfer.files); });
}

function progress() {
  const bar = element("progress", { max: sending.size || 1, value: sending.sent, "aria-label": texts.sending(sending.name) });
  const text = element("span", { class: "small" });
  sending.show = () => { bar.value = sending.sent; text.textContent = texts.sentOf(sending.sent, sending.size); };
  sending.show();
  return element("div", { class: "sending" }, element("strong", { dir: "auto" }, sending.name), bar, text,
    element("button", { type: "button", class: "main quiet", "data-focus": "stop", onclick: () => sending.stop.abort() }, texts.stop));
}

async function begin(page, files) {
  if (sending || files.length === 0) return;
  const [file] = files;
  trouble = refusal(files, page);
  if (trouble) return void page.refresh();
  const stop = new AbortController();
  sending = { name: file.name, size: file.size, sent: 0, show: () => undefined, stop };
  page.refresh();
  try {
    const parameters = { name: file.name, table: draft.table ?? page.state.name, load_type: draft.kind };
    const upload = await send("uploads", parameters, file, (sent) => { sending.sent = sent; sending.show(); }, stop.signal);
    sending = null;
    draft.table = null;
    page.go({ view: "upload", id: upload.id });
  } catch (failure) {
    sending = null;
    trouble = failureText(failure);
    page.refresh();
  }
}

/** What can be said before anything is sent; the server checks it again. */
function refusal(files, { max_bytes: most }) {
  if (files.length > 1) return texts.oneAtATime;
  if (files[0].size > most) return texts.tooLarge(files[0].name, files[0].size, most);
  return files[0].size === 0 ? texts.isEmpty(files[0].name) : "";
}

function waitingList(page) {
  const { uploads, go, me } = page;
  return element("ul", { class: "audit" }, uploads.map((one) => element("li", {},
    element("div", {}, me.may_drop
      ? viewLink(go, { view: "upload", id: one.id }, { dir: "auto", "data-focus": `upload ${one.id}` }, one.name) : element("span", { dir: "auto" }, one.name),
    element("p", { class: "muted", dir: "auto" }, `${common.into(common.loadTypes[one.load_type], one.table)} · ${bytes(one.size)}`)),
    element("div", { class: "names" }, element("span", { class: "muted" }, one.by, moment(one.at)), me.may_drop && discardButton(one, page)))));
}

export function discardButton(upload, page, style = "plain") {
  return element("button", { type: "button", class: style, "data-focus": `discard ${upload.id}`, onclick: () => confirmed({
    title: common.discardTitle(upload.name),
    content: Promise.resolve([element("p", { dir: "auto" }, texts.discardEffect(upload.table, upload.by))]),
    action: common.discard, asksReason: false,
    act: async () => {
      await change(`uploads/${upload.id}/discard`);
      previews.delete(upload.id);
      if (page.state.id === null) await page.refresh();
      else await page.go({ view: "upload" });
    },
  }) }, common.discard, element("span", { class: "hidden" }, ` ${upload.name}`));
}

/** Shows the preview, and computes it when it is not there yet. */
async function examine(page, target = null) {
  const { state } = page;
  const known = previews.get(state.id);
  if (known && !target) return drawn(page, known);
  if (!known?.pending) {
    const fresh = { pending: true, target, data: known?.data ?? null, failure: null, trouble: "" };
    previews.set(state.id, fresh);
    drawn(page, fresh);
    try {
      fresh.data = await change(`uploads/${state.id}/preview`, target ?? {}).then((body) => body.data);
    } catch (failure) {
      fresh.failure = failure;
    }
    fresh.pending = false;
    if (fresh.failure && target) fresh.target = null;
  }
  return page.refresh();
}

function drawn(page, known) {
  const { place, state, uploads } = page;
  const listed = uploads.find((one) => one.id === state.id);
  const shown = [known.pending, known.failure && failureText(known.failure), known.trouble, known.data, listed?.others, page.tables];
  redraw(place, `upload ${state.id}`, shown, () => examined(page, known, listed));
}

function examined(page, known, listed) {
  const { state, go } = page;
  const upload = known.data?.upload ?? listed;
  const again = () => { previews.delete(state.id); page.refresh(); };
  return [
    viewLink(go, { view: "upload" }, { class: "back", "data-focus": "back" }, texts.back),
    upload && element("div", { class: "title" }, element("h2", { dir: "auto" }, upload.name)),
    upload && element("p", { class: "muted" }, texts.uploadedBy(upload.by, upload.size),
      upload.original !== upload.name && element("span", { dir: "auto" }, texts.sentAs(upload.original))),
    known.failure && element("div", { class: "reason open error", role: "alert" }, element("p", {}, failureText(known.failure)),
      element("p", {}, element("button", { type: "button", class: "main quiet", "data-focus": "again", onclick: again }, texts.tryAgain))),
    known.pending && element("p", { class: "done-well", role: "status" }, texts.comparing),
    ...(known.data && !known.pending ? previewed(known.data, { ...page, others: listed?.others ?? [], target: (target) => examine(page, target),
      load: (button, alert) => load(page, known.data, button, alert), trouble: known.trouble, discard: discardButton(known.data.upload, page, "main quiet") }) : []),
  ];
}

async function load(page, shown, button, alert) {
  button.disabled = true;
  alert.textContent = "";
  try {
    const { data: newest } = await ask("files", { limit: 1 });
    const { data } = await change(`uploads/${shown.upload.id}/load`, { live_version: shown.live_version });
    handed.set(shown.upload.id, { ...data, after: newest[0]?.id ?? 0, at: new Date().toISOString() });
    previews.delete(shown.upload.id);
    await page.refresh();
  } catch (failure) {
    alert.textContent = failureText(failure);
    button.disabled = false;
  }
}

/** After Load: waits for the file's load, and goes to it. */
async function follow(page, upload) {
  const { data } = await ask("files", { search: upload.name, limit: 20 }, page.signal);
  const found = data.find((file) => file.id > upload.after && file.file_name === upload.name && file.table_name === upload.table);
  if (found) {
    handed.delete(upload.id);
    page.go({ view: "file", id: found.id });
    return true;
  }
  redraw(page.place, `handed ${upload.id}`, [upload], () => [
    element("h2", { class: "view-title", dir: "auto" }, upload.name),
    element("div", { class: "done-well", role: "status" },
      element("p", {}, texts.handedOver(upload.table, Math.ceil(upload.starts_after))),
      element("p", { class: "muted" }, texts.mayLeave)),
    viewLink(page.go, { view: "upload" }, { "data-focus": "more" }, texts.another),
  ]);
  return true;
}
