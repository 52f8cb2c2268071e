// What pages share: a row and its box belong together, one key answers an offer, errors are told.
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

function tell(text) {
  const note = document.createElement("p");
  note.className = "note error";
  note.setAttribute("role", "alert");
  note.textContent = text;
  notes.replaceChildren(note);
  note.scrollIntoView({ block: "nearest" });
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
});
over.addEventListener("close", () => { if (changed) location.reload(); });
