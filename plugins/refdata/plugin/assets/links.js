/** Links from the page to Airflow's own pages. */

import { queryOf } from "./client.js";
import { element, icon } from "./dom.js";
import { links as texts } from "./texts.js";

const ARROW = "M8 16 16 8M9 8h7v7";

/** A link to a run's page in Airflow's UI, whose root is one level above the plugin. */
export function runLink(path, about, text = texts.run, properties = {}) {
  return element("a", { href: new URL(`../${path}`, document.baseURI).href, target: "_top", class: "run",
    "data-focus": "run", ...properties, onclick: follow, onauxclick: follow },
  text, icon(ARROW), element("span", { class: "hidden" }, texts.runOf(about)));
}

/** The address of a view of this page. */
export function viewAddress(parameters) {
  const query = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return `?${new URLSearchParams(query)}`;
}

/** A link to another view of this page; `go` switches to it without reloading. */
export function viewLink(go, parameters, properties, ...children) {
  return element("a", { ...properties, href: viewAddress(parameters), onclick: (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(parameters);
  } }, ...children);
}

/** A link that saves a file. The frame's sandbox forbids downloads, so Airflow's page begins it. */
export function fileLink(path, properties, ...children) {
  return element("a", { ...properties, href: new URL(path, document.baseURI).href, download: "", onclick: follow }, ...children);
}

/** Links that save rows as CSV and as Excel. */
export function downloads(path, parameters, name, title) {
  return [["csv", texts.csv], ["xlsx", texts.excel]].map(([form, text]) => fileLink(`${path}?${queryOf({ ...parameters, form })}`,
    { class: "download", "data-focus": `${name} ${form}`, title }, text));
}

/**
 * Opens an address in Airflow's window. The frame's sandbox forbids it to navigate the window or to
 * open another, but Airflow's page may: a link in its own document is clicked on its behalf.
 */
function follow(event) {
  if (parent === window || event.button > 1) return;
  event.preventDefault();
  const link = parent.document.createElement("a");
  link.href = event.currentTarget.href;
  if (event.currentTarget.hasAttribute("download")) link.download = "";
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button === 1) {
    link.target = "_blank";
    link.rel = "noopener";
  }
  parent.document.body.append(link);
  link.click();
  link.remove();
}

/** Shows the page's filter in Airflow's address, so that a copied address opens the same view. */
export function mirrorAddress() {
  if (parent === window) return;
  try {
    parent.history.replaceState(parent.history.state, "", parent.location.pathname + location.search);
  } catch {
    // Another origin embeds the page: its address is not ours to change.
  }
}
