// Drop or choose a video: it is sent with its progress shown, then its own page follows.
import { onDrop } from "./dropped.js";

const form = document.getElementById("video");
const input = document.getElementById("inputFile");
const status = document.getElementById("status");
const sent = document.getElementById("sent");
let sending = null;

function send(file) {
  sending?.abort();
  const body = new FormData(form);
  body.set("inputFile", file, file.name);
  const request = new XMLHttpRequest(); // fetch tells nothing of how much was sent
  sending = request;
  sent.hidden = false;
  sent.value = 0;
  say(`Sending ${file.name}…`);
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) sent.value = event.loaded / event.total;
  });
  request.upload.addEventListener("load", () => say("Storing the video…"));
  request.addEventListener("load", () => answered(request));
  request.addEventListener("error", () => failed("The server does not answer, or the video is too large. Try again."));
  request.responseType = "json";
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.send(body);
}

function answered(request) {
  if (request.status === 202) location.assign(request.response.url);
  else failed(request.response?.message || "The video was not taken.");
}

function say(text) { status.textContent = text; }

function failed(text) {
  sent.hidden = true;
  say(text);
}

input.addEventListener("change", () => { if (input.files[0]) send(input.files[0]); });
form.addEventListener("submit", (event) => { event.preventDefault(); if (input.files[0]) send(input.files[0]); });
onDrop(form, ([dropped]) => { if (dropped) send(dropped.file); });
