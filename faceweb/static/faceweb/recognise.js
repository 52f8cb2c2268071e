// Drop, paste, choose or photograph a picture: it is sent, and shown until its faces arrive.
import { sendAll } from "./batch.js";
import { photograph } from "./camera.js";
import { isPicture, onDrop } from "./dropped.js";

const form = document.getElementById("recognise");
const input = document.getElementById("inputFile");
const progress = document.getElementById("progress");
const answer = document.getElementById("answer");
let ticking = 0;
let sent = 1; // the share of the picture that is sent

function recognise(files) {
  if (!files.length) return;
  if (files.length > 1) {
    const say = (text) => { progress.textContent = text; };
    sendAll([...files], form.elements.csrfmiddlewaretoken.value, say, form.dataset.batches);
    input.value = "";
    return;
  }
  const one = new DataTransfer();
  one.items.add(files[0]);
  input.files = one.files;
  form.requestSubmit();
  show(files[0]);
  input.value = "";
}

function show(file) {
  sent = 0;
  const image = document.createElement("img");
  image.src = URL.createObjectURL(file);
  image.alt = "The picture that you sent";
  image.onload = () => URL.revokeObjectURL(image.src);
  const stage = document.createElement("div");
  stage.className = "stage";
  stage.append(image);
  answer.replaceChildren(stage);
  const began = performance.now();
  const tick = () => { progress.textContent = sent < 1 ? `Sending… ${Math.round(100 * sent)} %` : `Looking… ${Math.round((performance.now() - began) / 1000)} s`; };
  end();
  tick();
  ticking = setInterval(tick, 1000);
}

function end() {
  clearInterval(ticking);
  progress.textContent = "";
}

form.addEventListener("htmx:xhr:progress", ({ detail }) => { if (detail.lengthComputable) sent = detail.loaded / detail.total; });
answer.addEventListener("htmx:afterSwap", end);
document.addEventListener("htmx:sendError", end);
document.addEventListener("refused", () => { end(); answer.replaceChildren(); });
const camera = document.getElementById("camera");
for (const chooser of [input, camera]) chooser.addEventListener("change", () => recognise(chooser.files));
document.getElementById("photograph").addEventListener("click", () => photograph((photo) => recognise([photo]), () => camera.click()));
onDrop(form, (dropped) => recognise((dropped.length > 1 ? dropped.filter(isPicture) : dropped).map(({ file }) => file)));
document.addEventListener("paste", (event) => recognise([...event.clipboardData.files].filter((one) => one.type.startsWith("image/"))));
