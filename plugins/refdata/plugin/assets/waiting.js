/** How many loads wait for a person, beside the tabs, on every view. */

import { ask } from "./client.js";
import { number, plural } from "./format.js";

/** Shows the number in a link to those loads; hides it while there are none. */
export async function drawWaiting(link, signal) {
  const { data } = await ask("counts", {}, signal);
  const count = data.review ?? 0;
  link.hidden = count === 0;
  link.textContent = number(count);
  link.setAttribute("aria-label", `${plural(count, "load waits", "loads wait")} for an answer`);
  link.title = link.getAttribute("aria-label");
}
