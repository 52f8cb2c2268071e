// Pictures and folders become people: a plan first, then a row for each picture as it is sent.
import { chosen, inTurn, isPicture, onDrop } from "./dropped.js";

const form = document.getElementById("adding");
const typed = form.elements.name;
const plan = document.getElementById("plan");
const table = plan.querySelector("tbody");
const total = document.getElementById("total");
const start = document.getElementById("start");
const running = document.getElementById("running");
const rows = document.getElementById("rows");
const status = document.getElementById("status");
const done = document.getElementById("done");
const people = new Map(); // folder ("" for loose pictures) -> { files, name }

function take(files) {
  for (const one of files.filter(isPicture)) {
    const folders = one.path.split("/").slice(0, -1);
    const folder = form.dataset.known ? "" : folders.at(-1) || "";
    if (!people.has(folder)) people.set(folder, { files: [], name: folder });
    people.get(folder).files.push(one.file);
  }
  show();
}

function show() {
  table.replaceChildren(...[...people].map(([folder, person]) => {
    const row = document.createElement("tr");
    const name = document.createElement("input");
    name.value = folder ? person.name : typed.value;
    name.setAttribute("aria-label", `Name for ${folder || "the pictures"}`);
    name.maxLength = 200;
    name.disabled = Boolean(form.dataset.known);
    name.addEventListener("input", () => { person.name = name.value; if (!folder) typed.value = name.value; });
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "small";
    remove.textContent = "Leave out";
    remove.addEventListener("click", () => { people.delete(folder); show(); });
    for (const part of [name, String(person.files.length), remove]) row.insertCell().append(part);
    return row;
  }));
  const count = [...people.values()].reduce((sum, one) => sum + one.files.length, 0);
  plan.hidden = !count;
  total.textContent = `${count} picture${count === 1 ? "" : "s"} of ${people.size} ${people.size === 1 ? "person" : "people"}`;
  start.textContent = `Add ${count} picture${count === 1 ? "" : "s"}`;
}

async function add() {
  const jobs = [...people].flatMap(([folder, one]) => one.files.map((file) => ({ file, name: (folder ? one.name : typed.value).trim() })));
  if (jobs.some(({ name }) => !name)) { (typed.type === "hidden" ? table.querySelector("input") : typed).reportValidity?.(); typed.focus(); return; }
  plan.hidden = true;
  running.hidden = false;
  done.max = jobs.length;
  done.value = 0;
  for (const job of jobs) rows.append(job.row = waiting(job));
  people.clear();
  await inTurn(jobs, send);
  const [added, known] = ["added", "known"].map((kind) => jobs.filter(({ row }) => row.className === kind).length);
  const already = known ? ` ${known} ${known === 1 ? "was" : "were"} there already.` : "";
  status.textContent = `${added} of ${jobs.length} pictures were added.${already}`;
}

function waiting({ file, name }) {
  const row = document.createElement("li");
  row.textContent = `${file.name} for ${name}: waiting`;
  return row;
}

async function send(job) {
  job.row.textContent = `${job.file.name} for ${job.name}: looking…`;
  const body = new FormData();
  body.append("name", job.name);
  body.append("pictures", job.file, job.file.name);
  body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  try {
    const reply = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    if (!reply.ok) throw new Error();
    const part = document.createRange().createContextualFragment(await reply.text());
    const told = part.firstElementChild;
    job.row.replaceWith(told);
    job.row = told;
  } catch {
    job.row.className = "refused";
    job.row.textContent = `${job.file.name} for ${job.name}: the server did not take it. Try again later.`;
  }
  done.value += 1;
  status.textContent = `${done.value} of ${done.max} pictures are done.`;
}

for (const id of ["pictures", "folder"]) {
  const input = document.getElementById(id);
  input.addEventListener("change", () => { take(chosen(input)); input.value = ""; });
}
typed.addEventListener("input", show);
form.addEventListener("submit", (event) => { event.preventDefault(); if (people.size) add(); });
start.addEventListener("click", add);
onDrop(form, take);
