/** Calls the plugin's endpoints; every answer has the shape success, data, error, metadata. */

import { client as texts, common } from "./texts.js";

export class Failure extends Error {
  constructor(status, category, message, advice = "") {
    super(message);
    this.status = status;
    this.category = category;
    this.advice = advice;
  }
}

/** @returns {Promise<{data: any, metadata: object}>} @throws {Failure} */
export async function ask(path, parameters = {}, signal = undefined) {
  return answered(await reached(`api/v1/${path}?${queryOf(parameters)}`, { signal }));
}

/** A query without empty parameters; a list is one that is repeated. */
export function queryOf(parameters) {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  return new URLSearchParams(pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined));
}

/** Changes something. The header shows the server that the request is not from another site. @throws {Failure} */
export async function change(path, body = {}) {
  const headers = { "Content-Type": "application/json", "X-Refdata-Request": "1" };
  return answered(await reached(`api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function answered(response) {
  const body = await response.json().catch(() => null);
  if (response.status === 401) {
    throw new Failure(401, "unauthenticated", common.sessionEnded, common.logInAgain);
  }
  if (!body?.success) {
    const { category = "http", message = common.serverAnswered(response.status), plain_advice: advice = "" } = body?.error ?? {};
    throw new Failure(response.status, category, message, advice);
  }
  return body;
}

async function reached(address, options) {
  const headers = { Accept: "application/json", ...options.headers };
  try {
    return await fetch(address, { ...options, headers, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0, "network", texts.unreachable, texts.retries);
  }
}
