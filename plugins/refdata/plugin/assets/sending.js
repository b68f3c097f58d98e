/** Sends a file's bytes as the body of a request, which `fetch` cannot report the progress of. */

import { Failure, queryOf } from "./client.js";

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
    request.addEventListener("error", () => fail(new Failure(0, "network", "The file could not be sent", "Check the connection, and that the file was not moved or changed meanwhile.")));
    request.addEventListener("abort", () => fail(new Failure(0, "stopped", "The upload was stopped")));
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
  if (request.status === 401) return fail(new Failure(401, "unauthenticated", "Your session has ended", "Reload the page to log in again."));
  if (request.status === 413) return fail(new Failure(413, "http", "The file is larger than the server in front of Airflow accepts", "Put it into the dropoff folder instead."));
  const { category = "http", message = `The server answered ${request.status}`, advice = "" } = body?.error ?? {};
  return fail(new Failure(request.status, category, message, advice));
}
