/** What can be done with a refused file: look at it again, for its own or another table, or discard it. */

import { ask, change } from "./client.js";
import { confirmed, failureText } from "./dialog.js";
import { element } from "./dom.js";
import { common, refused as texts } from "./texts.js";

const REFUSED = ["error", "cancelled"];

/** The actions on a refused file; empty where there are none. They appear once it is known that the file is still there. */
export function refusedActions(file, page) {
  if (!REFUSED.includes(file.status)) return null;
  const place = element("div", {});
  fill(place, file, page);
  return place;
}

async function fill(place, file, page) {
  try {
    const { data } = await ask(`files/${file.id}/archived`);
    place.replaceChildren(...(data.is_there ? actions(file, page) : [element("p", { class: "muted note-below" }, texts.notKept)]));
  } catch {
    place.replaceChildren();
  }
}

function actions(file, page) {
  const trouble = element("p", { class: "trouble", role: "alert" });
  if (!page.me.may_drop) return [];
  const again = element("button", { type: "button", class: "main", "data-focus": "again", onclick: () => retry(file, page, again, trouble) },
    texts.again, element("span", { class: "hidden" }, ` ${file.file_name}`));
  const discard = element("button", { type: "button", class: "main quiet", "data-focus": "discard", onclick: () => discardRefused(file, page) },
    common.discard, element("span", { class: "hidden" }, ` ${file.file_name}`));
  return [element("p", { class: "answers refused" }, again, discard,
    element("span", { class: "muted" }, texts.effect)), trouble];
}

async function retry(file, { go }, button, trouble) {
  button.disabled = true;
  try {
    const { data } = await change(`loads/${file.id}/retry`);
    await go({ view: "upload", id: data.id });
  } catch (failure) {
    trouble.textContent = failureText(failure);
    button.disabled = false;
  }
}

function discardRefused(file, { refresh, go }) {
  confirmed({
    title: common.discardTitle(file.file_name),
    content: Promise.resolve([element("p", {}, texts.discardEffect)]),
    action: common.discard,
    act: async (reason) => {
      await change(`loads/${file.id}/discard`, { reason });
      await go({ view: "files", status: file.status });
      await refresh();
    },
  });
}
