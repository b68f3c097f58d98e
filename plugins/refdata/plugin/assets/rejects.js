/** The lines of a file that were not loaded: where, why, the text with the fault marked, and a file to fix. */

import { ask } from "./client.js";
import { failureText } from "./dialog.js";
import { element } from "./dom.js";
import { fileLink } from "./links.js";
import { common, rejects as texts } from "./texts.js";

const PAGE_SIZE = 20;

/** A card's content; the lines are fetched once it is drawn. */
export function rejectedLines({ id, file_name: name, rows_rejected: total }) {
  const list = element("ol", { class: "rejects" });
  const status = element("p", { class: "muted small", role: "status" }, common.reading);
  const more = element("button", { type: "button", class: "plain", hidden: true, "data-focus": "more rejects", onclick: () => show() }, texts.showMore);
  const fix = element("p", { class: "downloads" });
  const place = element("div", {}, status, list, more, fix);
  async function show() {
    more.disabled = true;
    try {
      const { data } = await ask(`files/${id}/rejects`, { offset: list.childElementCount, limit: PAGE_SIZE });
      list.append(...data.lines.map(line));
      const shown = list.childElementCount;
      status.textContent = shown < data.total ? texts.linesOf(shown, data.total) : texts.lines(data.total);
      more.hidden = shown >= data.total || data.lines.length === 0;
      if (!fix.childElementCount) fix.replaceChildren(...toFix(id, name, data.fixes_all));
    } catch (failure) {
      status.textContent = failureText(failure);
    }
    more.disabled = false;
  }
  if (total) show();
  return place;
}

function toFix(id, name, whole) {
  const what = whole ? texts.whole : texts.only;
  return [fileLink(`download/loads/${id}/fix`, { class: "download", "data-focus": "fix", title: what }, texts.download(name)),
    fileLink(`download/loads/${id}/rejects?form=xlsx`, { class: "download", "data-focus": "rejects xlsx" }, texts.excel),
    fileLink(`download/loads/${id}/rejects`, { class: "download", "data-focus": "rejects csv" }, texts.csv),
    element("span", { class: "muted small block" }, what)];
}

function line(rejected) {
  const { line: at, reason, columns, parts, missing, is_cut: isCut } = rejected;
  const named = columns.filter(Boolean);
  return element("li", {},
    element("p", {}, element("strong", {}, texts.line(at)), named.length > 0 && element("span", {}, ` · ${texts.columns(named.length)} `, element("b", { dir: "auto" }, named.join(", "))),
      element("span", { class: "fault", dir: "auto" }, ` · ${reason}`)),
    element("pre", { dir: "auto", tabindex: "0", role: "region", "aria-label": texts.textOf(at) }, parts.map((part) => (part.is_fault
      ? element("mark", {}, part.text || "∅") : part.text)), missing > 0 && element("mark", { class: "missing" }, texts.missing(missing)), isCut && "…"));
}
