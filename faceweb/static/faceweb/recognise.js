// Drop, paste, choose or photograph a picture: it is sent, and shown until its faces arrive.
const form = document.getElementById("recognise");
const input = document.getElementById("inputFile");
const progress = document.getElementById("progress");
const answer = document.getElementById("answer");
let ticking = 0;

function recognise(files) {
  if (!files.length) return;
  const one = new DataTransfer();
  one.items.add(files[0]);
  input.files = one.files;
  form.requestSubmit();
  show(files[0]);
  input.value = "";
}

function show(file) {
  const image = document.createElement("img");
  image.src = URL.createObjectURL(file);
  image.alt = "The picture that you sent";
  image.onload = () => URL.revokeObjectURL(image.src);
  const stage = document.createElement("div");
  stage.className = "stage";
  stage.append(image);
  answer.replaceChildren(stage);
  const began = performance.now();
  const tick = () => { progress.textContent = `Looking… ${Math.round((performance.now() - began) / 1000)} s`; };
  end();
  tick();
  ticking = setInterval(tick, 1000);
}

function end() {
  clearInterval(ticking);
  progress.textContent = "";
}

answer.addEventListener("htmx:afterSwap", end);
document.addEventListener("htmx:sendError", end);
document.addEventListener("refused", () => { end(); answer.replaceChildren(); });
for (const chooser of [input, document.getElementById("camera")]) chooser.addEventListener("change", () => recognise(chooser.files));
form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
form.addEventListener("dragleave", () => form.classList.remove("over"));
form.addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  recognise(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => recognise([...event.clipboardData.files].filter((one) => one.type.startsWith("image/"))));
