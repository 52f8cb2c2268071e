// What pages share: a row and its box belong together, one key answers an offer, what is said goes
// to the toasts, moments are told in the visitor's time, and the menu.
const notes = document.getElementById("notes");
const over = document.getElementById("over");
let changed = false;

function couple(event) {
  const near = event.target.closest?.("[data-face]");
  document.querySelectorAll(".hot").forEach((one) => one.classList.remove("hot"));
  if (!near) return;
  for (const one of near.closest(".picture").querySelectorAll(`[data-face="${near.dataset.face}"]`)) one.classList.add("hot");
}
document.addEventListener("mouseover", couple);
document.addEventListener("focusin", couple);

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = { y: ".yes", n: ".no" }[event.key];
  if (key) document.querySelector(`.offer ${key}`)?.click();
});
document.addEventListener("click", (event) => {
  if (event.target.matches(".offer .no")) event.target.closest(".offer").remove();
  const box = event.target.closest("g[data-face]"); // a box leads to its row
  if (box) box.closest(".picture").querySelector(`li[data-face="${box.dataset.face}"] :is(input:not([type=hidden]), summary)`)?.focus();
});

const SECONDS_SHOWN = 12;

function tell(text) {
  const note = document.createElement("div");
  note.className = "note error";
  note.setAttribute("role", "alert");
  note.append(Object.assign(document.createElement("span"), { textContent: text }));
  notes.replaceChildren(note);
  toast(note);
}

// A note becomes a toast: it can be closed, and goes by itself unless something went wrong.
function toast(note) {
  notes.append(note);
  const close = document.createElement("button");
  close.className = "close";
  close.type = "button";
  close.setAttribute("aria-label", "Close this note");
  close.textContent = "×";
  close.addEventListener("click", () => note.remove());
  note.append(close);
  if (!note.matches(".error, .warning")) leave(note, Date.now() + 1000 * SECONDS_SHOWN * (note.querySelector("form") ? 3 : 1));
}

function leave(note, at) {
  setTimeout(() => {
    if (note.matches(":hover, :focus-within")) leave(note, Date.now() + 3000);
    else note.remove();
  }, at - Date.now());
}

function said(part) {
  for (const note of part.querySelectorAll(".picture > .told, #notes .told:not(:has(.close))")) if (!note.closest("dialog")) toast(note);
}

// Moments: near ones as people say them, all others by date; the whole one when pointed at.
function localTime(time) {
  const at = new Date(time.dateTime);
  const ago = (Date.now() - at) / 60_000;
  const today = at.toDateString() === new Date().toDateString();
  const year = at.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  time.title = at.toLocaleString([], { dateStyle: "full", timeStyle: "long" });
  if (ago >= 0 && ago < 1) time.textContent = "just now";
  else if (ago >= 0 && ago < 60) time.textContent = `${Math.floor(ago)} min ago`;
  else if (today) time.textContent = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  else time.textContent = at.toLocaleString([], { day: "numeric", month: "short", ...year, hour: "2-digit", minute: "2-digit" });
}
const localTimes = () => document.querySelectorAll("time[datetime]").forEach(localTime);
localTimes();
setInterval(localTimes, 30_000);
for (const changed of ["htmx:afterSwap", "placed"]) document.addEventListener(changed, localTimes);
said(document);

// The menu closes as menus do; the theme is kept for the next visit.
const menu = document.querySelector(".menu");
document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
menu.addEventListener("keydown", (event) => { if (event.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); } });
for (const choice of document.querySelectorAll("#theme input")) {
  choice.checked = choice.value === document.documentElement.dataset.theme;
  choice.addEventListener("change", () => {
    localStorage.setItem("theme", choice.value);
    document.documentElement.dataset.theme = choice.value;
    document.dispatchEvent(new Event("themed"));
  });
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { status, responseText } = detail.xhr;
  if (status < 400) return;
  const is_sentence = /^text\/plain/.test(detail.xhr.getResponseHeader("Content-Type"));
  const sentence = is_sentence ? responseText : "That did not work. Load the page again, and try once more.";
  document.dispatchEvent(new CustomEvent("refused", { detail: sentence }));
  tell(sentence);
});
for (const lost of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(lost, () => tell("The server does not answer. Try again."));

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.parentElement === over && !over.open) over.showModal();
  if (over.open && detail.requestConfig.verb === "post") changed = true;
  said(document);
});
over.addEventListener("close", () => { if (changed) location.reload(); });
