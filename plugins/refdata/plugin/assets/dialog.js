/** Asks before something is changed: what will change, why, and yes or no. */

import { element } from "./dom.js";
import { common as texts } from "./texts.js";

/**
 * Opens a dialog. Escape and Cancel change nothing; the focus returns to where it was.
 *
 * @param content  nodes that show what will change, or a promise of them.
 * @param asksReason  whether a reason is required.
 * @param accepting  a category of errors, and the text of a box that is offered after one: whoever ticks it accepts that.
 * @param act  does it, with the reason and whether the box is ticked; an error is shown, and the dialog stays.
 */
export function confirmed({ title, content, action, asksReason = true, accepting, act }) {
  const reason = element("textarea", { id: "reason", rows: 2, maxlength: 1000, required: true, "aria-describedby": "trouble" });
  const trouble = element("p", { id: "trouble", class: "trouble", role: "alert" });
  const place = element("div", { class: "content" }, element("p", { class: "muted" }, texts.comparing));
  const box = element("input", { type: "checkbox", id: "accepted" });
  const offer = element("label", { class: "accept", hidden: true }, box, accepting?.text ?? "");
  const yes = element("button", { type: "button", class: "danger" }, action);
  const no = element("button", { type: "button", onclick: () => dialog.close() }, texts.cancel);
  const dialog = element("dialog", { "aria-labelledby": "asked", onclose: () => dialog.remove() },
    element("h2", { id: "asked" }, title), place,
    asksReason && element("label", { class: "why" }, texts.reasonAsked, reason),
    trouble, offer, element("div", { class: "buttons" }, no, yes));
  yes.addEventListener("click", () => attempt({ dialog, yes, reason, trouble, asksReason, accepting, offer, box, act }));
  document.body.append(dialog);
  dialog.showModal();
  (asksReason ? reason : no).focus();
  fill(place, content, trouble, yes);
}

async function fill(place, content, trouble, yes) {
  yes.disabled = true;
  try {
    place.replaceChildren(...(await content).filter(Boolean));
    yes.disabled = false;
  } catch (failure) {
    place.replaceChildren();
    trouble.textContent = failureText(failure);
  }
}

async function attempt({ dialog, yes, reason, trouble, asksReason, accepting, offer, box, act }) {
  if (asksReason && !reason.value.trim()) {
    trouble.textContent = texts.giveReason;
    reason.focus();
    return;
  }
  yes.disabled = true;
  trouble.textContent = "";
  try {
    await act(reason.value.trim(), box.checked);
    dialog.close();
  } catch (failure) {
    const offered = accepting !== undefined && failure.category === accepting.category;
    // The advice names a command, which the box replaces.
    trouble.textContent = offered ? `${failure.message}.` : failureText(failure);
    offer.hidden = !offered;
    if (offered) box.focus();
    yes.disabled = false;
  }
}

export function failureText(failure) {
  return [failure.message, failure.advice].filter(Boolean).join(" ");
}

/** A number for one question, so that a double click acts once. */
export function requestId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
