/** The lines of a file that were not loaded: where, why, the text with the fault marked, and a file to fix. */

import { ask } from "./client.js";
import { failureText } from "./dialog.js";
import { element } from "./dom.js";
import { number, plural } from "./format.js";
import { fileLink } from "./links.js";

const PAGE_SIZE = 20;

/** A card's content; the lines are fetched once it is drawn. */
export function rejectedLines({ id, file_name: name, rows_rejected: total }) {
  const list = element("ol", { class: "rejects" });
  const status = element("p", { class: "muted small", role: "status" }, "Reading…");
  const more = element("button", { type: "button", class: "plain", hidden: true, "data-focus": "more rejects", onclick: () => show() }, "Show more");
  const fix = element("p", { class: "downloads" });
  const place = element("div", {}, status, list, more, fix);
  async function show() {
    more.disabled = true;
    try {
      const { data } = await ask(`files/${id}/rejects`, { offset: list.childElementCount, limit: PAGE_SIZE });
      list.append(...data.lines.map(line));
      const shown = list.childElementCount;
      status.textContent = shown < data.total ? `${number(shown)} of ${plural(data.total, "line", "lines")}` : plural(data.total, "line", "lines");
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
  const what = whole ? "The whole file, as it was dropped: correct the marked lines, save it, and drop it again."
    : "The header and these lines only: the other lines are in the table. Correct them, save the file, and drop it again.";
  return [fileLink(`download/loads/${id}/fix`, { class: "download", "data-focus": "fix", title: what }, `Download ${name} to fix`),
    fileLink(`download/loads/${id}/rejects?form=xlsx`, { class: "download", "data-focus": "rejects xlsx" }, "List as Excel"),
    fileLink(`download/loads/${id}/rejects`, { class: "download", "data-focus": "rejects csv" }, "List as CSV"),
    element("span", { class: "muted small block" }, what)];
}

function line(rejected) {
  const { line: at, reason, columns, parts, missing, is_cut: isCut } = rejected;
  const named = columns.filter(Boolean);
  return element("li", {},
    element("p", {}, element("strong", {}, `Line ${number(at)}`), named.length > 0 && element("span", {}, ` · ${named.length > 1 ? "columns" : "column"} `, element("b", { dir: "auto" }, named.join(", "))),
      element("span", { class: "fault", dir: "auto" }, ` · ${reason}`)),
    element("pre", { dir: "auto", tabindex: "0", role: "region", "aria-label": `Text of line ${at}` }, parts.map((part) => (part.is_fault
      ? element("mark", {}, part.text || "∅") : part.text)), missing > 0 && element("mark", { class: "missing" }, `${plural(missing, "field", "fields")} missing`), isCut && "…"));
}
