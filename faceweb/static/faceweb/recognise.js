// Drop, paste, choose or photograph a picture; its faces are boxed and named as the answer arrives.
const form = document.getElementById("recognise");
const progress = document.getElementById("progress");
const answer = document.getElementById("answer");
const shown = document.getElementById("shown");
const boxes = document.getElementById("boxes");
const faces = document.getElementById("faces");
const namer = document.getElementById("namer");
const SVG = "http://www.w3.org/2000/svg";
let newest = 0;

async function recognise(file) {
  const mine = ++newest;
  show(file);
  const began = performance.now();
  const tick = setInterval(() => {
    progress.textContent = `Looking… ${Math.round((performance.now() - began) / 1000)} s`;
  }, 1000);
  progress.textContent = "Looking…";
  try {
    const body = new FormData();
    body.append("inputFile", file, file.name || "pasted.png");
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const reply = await fetch(form.dataset.recognise, { method: "POST", body, headers: { "X-CSRFToken": token } });
    const job = await reply.json();
    if (mine === newest) reply.ok ? draw(job) : say(job.message);
  } catch {
    if (mine === newest) say("The server does not answer. Try again.");
  } finally {
    clearInterval(tick);
  }
}

function show(file) {
  URL.revokeObjectURL(shown.src);
  shown.src = URL.createObjectURL(file);
  boxes.replaceChildren();
  faces.replaceChildren();
  answer.hidden = false;
  answer.scrollIntoView({ behavior: "smooth", block: "nearest" });
}

function say(text) { progress.textContent = text; }

function draw(job) {
  if (job.error) return say(job.error.message);
  if (!["succeeded"].includes(job.state)) return say("No answer yet: look into the history later.");
  const count = job.faces.length;
  say(count ? `${count} face${count === 1 ? "" : "s"}: ${job.faces.map(nameOf).join(", ")}` : "No face was found.");
  boxes.setAttribute("viewBox", `0 0 ${job.picture.width} ${job.picture.height}`);
  job.faces.forEach((face, number) => {
    boxes.append(...boxed(face, job.picture.width));
    faces.append(listed(job, face, number));
  });
}

function nameOf(face) { return face.identity || "unknown"; }

function boxed(face, pictureWidth) {
  const [left, top, right, bottom] = face.box;
  const size = pictureWidth / 40;
  const rect = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top, rx: size / 4 })) rect.setAttribute(name, value);
  const text = document.createElementNS(SVG, "text");
  const middle = (left + right) / 2 / pictureWidth;
  const side = middle < 0.15 ? "start" : middle > 0.85 ? "end" : "middle"; // a long name must not leave the picture
  text.setAttribute("x", { start: left, middle: (left + right) / 2, end: right }[side]);
  text.setAttribute("text-anchor", side);
  text.setAttribute("y", Math.max(top - size / 2, size));
  text.setAttribute("font-size", size);
  text.textContent = nameOf(face);
  for (const shape of [rect, text]) shape.classList.add(face.identity ? "known" : "stranger");
  return [rect, text];
}

function listed(job, face, number) {
  const item = document.createElement("li");
  const name = document.createElement("strong");
  name.textContent = nameOf(face);
  item.append(name);
  if (face.identity) {
    const similar = document.createElement("span");
    similar.className = "quiet";
    similar.textContent = `${Math.round(face.similarity * 100)} % similar`;
    item.append(similar);
  } else if (face.left_out || face.not_named) {
    item.append(` not used: ${face.left_out || face.not_named}`);
  } else {
    const [nearest] = face.candidates || [];
    if (nearest) {
      const perhaps = document.createElement("span");
      perhaps.className = "quiet";
      perhaps.textContent = `perhaps ${nearest.name}, ${Math.round(nearest.similarity * 100)} %`;
      item.append(perhaps);
    }
    if (namer) {
      const naming = namer.content.firstElementChild.cloneNode(true);
      naming.action = `${job.url}/name`;
      naming.elements.face.value = `${job.id}:${number}`;
      item.append(naming);
    }
  }
  return item;
}

for (const input of [document.getElementById("inputFile"), document.getElementById("camera")]) {
  input.addEventListener("change", () => { if (input.files[0]) recognise(input.files[0]); input.value = ""; });
}
form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
form.addEventListener("dragleave", () => form.classList.remove("over"));
form.addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  if (event.dataTransfer.files[0]) recognise(event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => {
  const file = [...event.clipboardData.files].find((one) => one.type.startsWith("image/"));
  if (file) recognise(file);
});
