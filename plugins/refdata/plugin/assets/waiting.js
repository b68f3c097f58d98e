/** How many loads wait for a person, beside the tabs, on every view. */

import { ask } from "./client.js";
import { number } from "./numbers.js";
import { waiting as texts } from "./texts.js";

/** Shows the number in a link to those loads; hides it while there are none. */
export async function drawWaiting(link, signal) {
  const { data } = await ask("counts", {}, signal);
  const count = data.review ?? 0;
  link.hidden = count === 0;
  link.textContent = number(count);
  link.setAttribute("aria-label", texts.loadsWait(count));
  link.title = link.getAttribute("aria-label");
}
