// A client of elastic face recognition: the operations by name, retries, waiting and webhooks.
// It runs in Node 20 and newer and in browsers. Types: index.d.ts, from the OpenAPI document.

const PASSING = new Set([429, 503, 504]);
const LONGEST_SECONDS = 30;

/** The system refused a request; the message says why. */
export class ApiError extends Error {
  constructor(status, problem) {
    const wrong = (problem?.errors ?? []).map((one) => ` ${one.where}: ${one.message}.`).join("");
    super((problem?.detail ?? `The system answered ${status}.`) + wrong);
    this.name = "ApiError";
    this.status = status;
    this.problem = problem ?? {};
  }
}

/** No answer came within the time that `wait` was given. */
export class NotAnswered extends Error {}

/** A message that is not the system's, or an old one; the message says why. */
export class WebhookRefused extends Error {}

export class Client {
  /** `url`: the system's address. `key`: an API key. `collection`: the one to work in. */
  constructor({ url = "http://127.0.0.1:8000", key, collection, attempts = 4 } = {}) {
    this.base = `${url.replace(/\/+$/, "")}/api/v1/`;
    this.headers = key ? { "X-API-Key": key } : {};
    this.collection = collection;
    this.attempts = attempts;
  }

  /** Who is in a picture? */
  recognise(picture, options = {}) {
    return this.#ask("recognise", { picture }, options, ["webhook"]);
  }

  /** Who is in each of up to 20 pictures? */
  recogniseBatch(pictures, options = {}) {
    return this.#ask("recognise/batch", { pictures }, options, ["webhook"]);
  }

  /** Where are faces? */
  detect(picture, options = {}) {
    return this.#ask("detect", { picture }, options);
  }

  /** Do two pictures show one person? */
  verify(picture, other, options = {}) {
    return this.#ask("verify", { picture, other }, options, ["face", "other_face"]);
  }

  /** Where was a face seen before? */
  search(picture, options = {}) {
    return this.#ask("search", { picture }, options);
  }

  /** A form by which one picture is sent to S3 itself; its arrival starts the job. */
  allowUpload(about = {}, options = {}) {
    return this.#call("POST", "uploads", { query: options, json: about });
  }

  /** The same for up to 100 pictures at once. */
  allowUploads(uploads, options = {}) {
    return this.#call("POST", "uploads/batch", { query: options, json: { uploads } });
  }

  /** Send a picture by the form of `allowUpload`. Raises ApiError. */
  async send({ url, fields }, picture) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", ...filePart(picture));
    const answer = await fetch(url, { method: "POST", body: form });
    if (!answer.ok) throw new ApiError(answer.status);
  }

  /** Who is seen in a video, and when? Ask for it by `getVideo` until it has ended. */
  sendVideo(video, options = {}) {
    return this.#ask("videos", { video }, options, ["frames", "interval_seconds"]);
  }

  getVideo(id) {
    return this.#call("GET", `videos/${encodeURIComponent(id)}`);
  }

  /** All videos, newest first, page by page. */
  videos(filters = {}) {
    return this.#pages("videos", filters);
  }

  deleteVideo(id) {
    return this.#call("DELETE", `videos/${encodeURIComponent(id)}`);
  }

  /** The job as it is now, and once it has ended, by server-sent events. Raises ApiError. */
  async *events(id) {
    const address = new URL(`jobs/${encodeURIComponent(id)}/events`, this.base);
    if (this.collection) address.searchParams.set("collection", this.collection);
    const answer = await fetch(address, { headers: this.headers });
    if (!answer.ok) return read(answer);
    let rest = "";
    for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
      const events = (rest + part).split("\n\n");
      rest = events.pop();
      for (const event of events) {
        const data = event.split("\n").filter((line) => line.startsWith("data:"));
        if (data.length) yield JSON.parse(data.map((line) => line.slice(5)).join("\n"));
      }
    }
  }

  getJob(id, details = {}) {
    return this.#call("GET", `jobs/${encodeURIComponent(id)}`, { query: details });
  }

  /** The job once it has ended. Raises NotAnswered. */
  async wait(job, { seconds = 300, pollSeconds = 1 } = {}) {
    const until = Date.now() + seconds * 1000;
    for (;;) {
      const found = await this.getJob(job.id ?? job);
      if (!["stored", "queued"].includes(found.state)) return found;
      if (Date.now() >= until) {
        throw new NotAnswered(`Job ${found.id} had no answer within ${seconds} s.`);
      }
      await pause(pollSeconds);
    }
  }

  /** All jobs, newest first, page by page. */
  jobs(filters = {}) {
    return this.#pages("jobs", filters);
  }

  cancelJob(id) {
    return this.#call("POST", `jobs/${encodeURIComponent(id)}/cancel`);
  }

  deleteJob(id) {
    return this.#call("DELETE", `jobs/${encodeURIComponent(id)}`);
  }

  /** Say who an unknown face is. */
  nameFace(id, number, name) {
    const path = `jobs/${encodeURIComponent(id)}/faces/${number}/name`;
    return this.#call("POST", path, { json: { name } });
  }

  /** Enrol a person with a picture. */
  addPerson(name, picture) {
    return this.#ask("subjects", { picture }, { name }, ["name"]);
  }

  /** Everybody who is enrolled, by name, page by page. */
  async *people() {
    let after;
    do {
      const page = await this.#call("GET", "subjects", { query: { after } });
      yield* page.subjects;
      after = page.next;
    } while (after);
  }

  getPerson(id) {
    return this.#call("GET", `subjects/${encodeURIComponent(id)}`);
  }

  renamePerson(id, name) {
    return this.#call("PATCH", `subjects/${encodeURIComponent(id)}`, { json: { name } });
  }

  mergePerson(id, into) {
    return this.#call("POST", `subjects/${encodeURIComponent(id)}/merge`, { json: { into } });
  }

  /** Erase a person everywhere. */
  erasePerson(id, { pictures = false } = {}) {
    return this.#call("DELETE", `subjects/${encodeURIComponent(id)}`, { query: { pictures } });
  }

  listExamples(id) {
    return this.#call("GET", `subjects/${encodeURIComponent(id)}/examples`);
  }

  addExample(id, picture) {
    return this.#ask(`subjects/${encodeURIComponent(id)}/examples`, { picture }, {});
  }

  /** Add up to 20 examples; `problems` tell of pictures that gave none. */
  addExamples(id, pictures) {
    return this.#ask(`subjects/${encodeURIComponent(id)}/examples/batch`, { pictures }, {});
  }

  deleteExample(id, example) {
    const path = `subjects/${encodeURIComponent(id)}/examples/${encodeURIComponent(example)}`;
    return this.#call("DELETE", path);
  }

  /** A POST with pictures: a form, or JSON where the system is to fetch one. */
  #ask(path, pictures, options, fields = []) {
    const query = { ...options };
    const body = new FormData();
    const json = {};
    for (const name of fields) {
      if (query[name] !== undefined) {
        body.append(name, String(query[name]));
        json[name] = query[name];
      }
      delete query[name];
    }
    const all = Object.values(pictures).flat();
    if (all.some(isAddress)) {
      return this.#call("POST", path, { query, json: { ...json, ...pictures } });
    }
    for (const [name, some] of Object.entries(pictures)) {
      for (const one of [some].flat()) body.append(name, ...filePart(one));
    }
    return this.#call("POST", path, { query, form: body });
  }

  /** All things of a list, page by page. */
  async *#pages(name, filters) {
    let cursor;
    do {
      const page = await this.#call("GET", name, { query: { ...filters, cursor } });
      yield* page[name];
      cursor = page.next;
    } while (cursor);
  }

  /** One request, sent again while what stops it passes. Raises ApiError. */
  async #call(method, path, { query = {}, json, form } = {}) {
    const address = new URL(path, this.base);
    for (const [name, value] of Object.entries({ collection: this.collection, ...query })) {
      if (value !== undefined && value !== null) address.searchParams.set(name, String(value));
    }
    const headers = { ...this.headers };
    if (method === "POST") headers["Idempotency-Key"] = crypto.randomUUID();
    if (json) headers["Content-Type"] = "application/json";
    const request = { method, headers, body: json ? JSON.stringify(json) : form };
    for (let attempt = 1; ; attempt += 1) {
      const answer = await fetch(address, request).catch((error) => error);
      const seconds = this.#pauseSeconds(attempt, answer);
      if (seconds === null) return read(answer);
      await pause(seconds);
    }
  }

  /** Seconds until the next attempt, or null where there is none. */
  #pauseSeconds(attempt, answer) {
    const failed = answer instanceof Error;
    const stated = failed ? NaN : Number(answer.headers.get("Retry-After") ?? NaN);
    const passing = failed || PASSING.has(answer.status)
      || (answer.status === 409 && !Number.isNaN(stated));
    if (!passing || attempt >= this.attempts) return null;
    return Math.min(Number.isNaN(stated) ? 0.5 * 2 ** (attempt - 1) : stated, LONGEST_SECONDS);
  }
}

/** The job that a webhook tells of. Raises WebhookRefused. */
export async function verifiedWebhook(body, headers, secret, { now = Date.now() / 1000 } = {}) {
  const given = Object.fromEntries(
    [...new Headers(headers).entries()].filter(([name]) => name.startsWith("webhook-")),
  );
  const sentAt = Number(given["webhook-timestamp"] ?? NaN);
  if (Number.isNaN(sentAt) || !given["webhook-id"] || !given["webhook-signature"]) {
    throw new WebhookRefused("It has no signature.");
  }
  if (Math.abs(now - sentAt) > 300) throw new WebhookRefused("It is too old, or the clocks differ.");
  const signed = new TextEncoder().encode(`${given["webhook-id"]}.${sentAt}.${body}`);
  const key = await crypto.subtle.importKey(
    "raw", keyOf(secret), { name: "HMAC", hash: "SHA-256" }, false, ["verify"],
  );
  for (const one of given["webhook-signature"].split(" ")) {
    const [version, text] = one.split(",");
    if (version === "v1" && (await crypto.subtle.verify("HMAC", key, bytesOf(text), signed))) {
      return JSON.parse(body).data;
    }
  }
  throw new WebhookRefused("Its signature is another's.");
}

function keyOf(secret) {
  try {
    return bytesOf(secret.replace(/^whsec_/, ""));
  } catch {
    return new TextEncoder().encode(secret);
  }
}

function bytesOf(base64) {
  try {
    if (base64.length % 4 || /\s/.test(base64)) throw new TypeError("atob is not strict");
    return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
  } catch {
    throw new WebhookRefused("Its signature can't be read.");
  }
}

async function read(answer) {
  if (answer instanceof Error) throw answer;
  const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
  const value = isJson ? await answer.json() : await answer.arrayBuffer();
  if (!answer.ok) throw new ApiError(answer.status, isJson ? value : undefined);
  return answer.status === 204 ? undefined : value;
}

function isAddress(picture) {
  return typeof picture === "object" && picture !== null && ("url" in picture || "bucket" in picture);
}

/** A Blob or File as it is; bytes as a file without a name of their own. */
function filePart(picture) {
  if (picture instanceof Blob) return [picture, picture.name ?? "picture.jpg"];
  return [new Blob([picture]), "picture.jpg"];
}

function pause(seconds) {
  return new Promise((done) => setTimeout(done, seconds * 1000));
}
