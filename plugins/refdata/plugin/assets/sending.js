/** Sends a file's bytes as the body of a request, which `fetch` cannot report the progress of. */

import { Failure, queryOf } from "./client.js";
import { common, sending as texts } from "./texts.js";

/**
 * @param onProgress  receives the sent bytes.
 * @param signal  stops it.
 * @returns {Promise<any>} the answer's data. @throws {Failure}
 */
export function send(path, parameters, file, onProgress, signal) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", `api/v1/${path}?${queryOf(parameters)}`);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-Refdata-Request", "1");
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("load", () => settle(request, done, fail));
    request.addEventListener("error", () => fail(new Failure(0, "network", texts.notSent, texts.checkConnection)));
    request.addEventListener("abort", () => fail(new Failure(0, "stopped", texts.stopped)));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function settle(request, done, fail) {
  let body = null;
  try {
    body = JSON.parse(request.responseText);
  } catch {
    // A proxy's own page: the status below says what there is to say.
  }
  if (body?.success) return done(body.data);
  if (request.status === 401) return fail(new Failure(401, "unauthenticated", common.sessionEnded, common.logInAgain));
  if (request.status === 413) return fail(new Failure(413, "http", texts.tooLarge, texts.useFolder));
  const { category = "http", message = common.serverAnswered(request.status), plain_advice: advice = "" } = body?.error ?? {};
  return fail(new Failure(request.status, category, message, advice));
}
