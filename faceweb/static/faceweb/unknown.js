// Groups by keyboard: arrows go from one to the next, Enter names it, x chooses it, Delete dismisses it.
const merge = document.getElementById("merge");
const chosen = () => document.querySelectorAll(".choose:checked").length;
const groups = () => [...document.querySelectorAll(".group")];
const here = () => document.activeElement.closest?.(".group");

function go(by) {
  const all = groups();
  const at = all.indexOf(here());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const doing = {
  ArrowDown: () => go(1),
  ArrowUp: () => go(-1),
  Enter: () => here()?.querySelector("input[name=name]")?.focus(),
  x: () => here()?.querySelector(".choose")?.click(),
  m: () => { if (chosen() > 1) merge?.querySelector("button").click(); },
  Delete: () => here()?.querySelector(".dismiss")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target.matches(".group input")) return here()?.focus();
  if (event.target.matches("input:not([type=checkbox]), button, a, select, summary") || (event.key === "Enter" && !event.target.matches(".group, body"))) return;
  if (!doing[event.key]) return;
  event.preventDefault();
  doing[event.key]();
});

// One group alone is merged with nobody.
function offerMerge() { if (merge) merge.hidden = chosen() < 2; }
document.addEventListener("change", offerMerge);
offerMerge();

// What was said stands where the group was; the keys go on with the next one.
let after = null;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.target.matches?.(".group")) return;
  document.getElementById("counted")?.remove(); // it is true no more
  const all = groups();
  after = all[all.indexOf(detail.target) + 1] || all[all.indexOf(detail.target) - 1];
});
document.addEventListener("htmx:afterSettle", () => { after?.focus(); after = null; offerMerge(); });
