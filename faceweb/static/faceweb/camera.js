// A photo of this device's camera, seen before it is taken. Without a camera that a page may use,
// the browser's own way is asked.
const finder = document.getElementById("viewfinder");
const view = finder.querySelector("video");
const turn = finder.querySelector("[data-do=turn]");
let facing = "environment";
let taken = null;

export async function photograph(take, otherwise) {
  taken = take;
  try {
    await show();
  } catch {
    otherwise();
  }
}

async function show() {
  stop();
  view.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: facing, width: { ideal: 1920 } } });
  if (!finder.open) finder.showModal();
  const devices = await navigator.mediaDevices.enumerateDevices();
  turn.hidden = devices.filter(({ kind }) => kind === "videoinput").length < 2;
}

function stop() {
  for (const track of view.srcObject?.getTracks() ?? []) track.stop();
  view.srcObject = null;
}

function shot() {
  const canvas = document.createElement("canvas");
  canvas.width = view.videoWidth;
  canvas.height = view.videoHeight;
  canvas.getContext("2d").drawImage(view, 0, 0);
  canvas.toBlob((picture) => {
    finder.close();
    if (picture) taken(new File([picture], `photo-${new Date().toISOString().replace(/\W/g, "").slice(0, 15)}.jpg`, { type: "image/jpeg" }));
  }, "image/jpeg", 0.92);
}

finder.addEventListener("close", stop);
finder.addEventListener("click", ({ target }) => {
  const asked = target.closest("[data-do]")?.dataset.do;
  if (asked === "take" && view.videoWidth) shot();
  if (asked === "turn") { facing = facing === "user" ? "environment" : "user"; show(); }
  if (asked === "close") finder.close();
});
