// The film, the boxes of its moment, and the lanes under it: a click on a lane or a time goes there.
const film = document.getElementById("film");
let still = null; // the picture that takes the film's place
let moment = 0; // of the film, or of the frames where it can't be played
let playable = Boolean(film);

const seen = () => document.getElementById("seen");
const end = () => Number(seen().dataset.end) || film?.duration || 1;

function show() {
  if (playable && film) moment = film.currentTime;
  for (const one of document.querySelectorAll("#boxes .at")) {
    one.classList.toggle("now", Number(one.dataset.from) <= moment + 0.001 && moment < Number(one.dataset.to));
  }
  const width = document.querySelector(".lane .timeline")?.viewBox.baseVal.width || 1;
  for (const line of document.querySelectorAll(".lane line.now")) {
    for (const side of ["x1", "x2"]) line.setAttribute(side, Math.min(moment / end(), 1) * width);
  }
  if (!playable && still) {
    const frames = [...document.querySelectorAll(".open")].filter((one) => Number(one.dataset.seconds) <= moment + 0.001);
    const image = (frames.at(-1) || document.querySelector(".open"))?.querySelector("img");
    if (image && still.dataset.of !== image.src) { still.src = `${image.src}/picture`; still.dataset.of = image.src; }
  }
}

function go(seconds) {
  moment = seconds;
  if (playable && film) film.currentTime = seconds;
  show();
}

function replace() {
  if (!film || !playable) return;
  playable = false;
  film.hidden = true;
  still = document.createElement("img");
  still.id = "still";
  still.alt = "The frame at this moment";
  film.after(still);
  document.getElementById("unplayable").hidden = false;
  show();
}

film?.addEventListener("error", replace);
if (film?.error) replace();
for (const event of ["timeupdate", "seeked", "loadedmetadata", "play"]) film?.addEventListener(event, show);
(function follow() { if (film && !film.paused) show(); requestAnimationFrame(follow); })();

document.addEventListener("click", (event) => {
  const at = event.target.closest("[data-seconds]");
  if (at) return go(Number(at.dataset.seconds));
  const lane = event.target.closest(".lane .timeline");
  if (!lane) return;
  const { left, width } = lane.getBoundingClientRect();
  go(((event.clientX - left) / width) * end());
});
document.addEventListener("htmx:afterSettle", show);
show();
