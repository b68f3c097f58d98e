/** Builds elements. Text is added only as text nodes, so no value can become markup. */

const DRAWN = new Set(["svg", "path", "g", "rect", "line", "text", "title"]);

/**
 * An element with attributes and children. A property that starts with "on" is a listener; true and
 * false set and leave out an attribute; null children are left out.
 */
export function element(tag, properties = {}, ...children) {
  const made = DRAWN.has(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** An icon drawn with lines in a 24 by 24 box. */
export function icon(path) {
  return element("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" }, element("path", { d: path }));
}

/**
 * Puts keyed groups into a table without touching those that did not change, so that the focus, an
 * open row and the scroll position survive a refresh.
 *
 * @param items  values with a key each; `signature` shows whether one has changed.
 */
export function reconcile(parent, items, keyOf, signatureOf, build) {
  const old = new Map([...parent.querySelectorAll(":scope > [data-key]")].map((node) => [node.dataset.key, node]));
  let place = null;
  for (const item of items) {
    const key = String(keyOf(item));
    const signature = signatureOf(item);
    let node = old.get(key);
    old.delete(key);
    if (!node || node.dataset.signature !== signature) node = replaced(node, build(item), key, signature);
    if (place ? place.nextElementSibling !== node : firstKeyed(parent) !== node) insertAfter(parent, place, node);
    place = node;
  }
  for (const gone of old.values()) gone.remove();
}

function replaced(old, node, key, signature) {
  node.dataset.key = key;
  node.dataset.signature = signature;
  const focused = old?.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  old?.replaceWith(node);
  if (focused) node.querySelector(`[data-focus="${focused}"]`)?.focus();
  return node;
}

function firstKeyed(parent) {
  return parent.querySelector(":scope > [data-key]");
}

function insertAfter(parent, place, node) {
  if (place) place.after(node);
  else parent.insertBefore(node, firstKeyed(parent));
}

const drawn = new WeakMap();

/**
 * Shows one thing in `place`, and rebuilds it only when `data` has changed, so that focus, scrolling
 * and open parts stay. `key` identifies the thing.
 */
export function redraw(place, key, data, build) {
  const there = place.firstElementChild;
  const signature = JSON.stringify(data);
  if (there?.dataset.shown === key && drawn.get(there) === signature) return;
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  const made = element("div", { "data-shown": key }, ...build());
  drawn.set(made, signature);
  place.replaceChildren(made);
  if (focused) made.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
}
