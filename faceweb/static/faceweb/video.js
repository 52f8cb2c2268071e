// A video that is worked on: its progress once a second, and the whole page when it has ended.
const following = document.getElementById("following");
const status = document.getElementById("status");
const done = document.getElementById("done");
const SECOND = 1000;

async function look() {
  try {
    const reply = await fetch(following.dataset.url, { headers: { Accept: "application/json" } });
    if (reply.status === 404) return location.reload();
    if (reply.ok) {
      const video = await reply.json();
      if (["succeeded", "failed"].includes(video.state)) return location.reload();
      show(video.progress);
    }
  } catch {
    status.textContent = "The server does not answer. Trying again…";
  }
  setTimeout(look, SECOND);
}

function show({ frames_recognised: seen, frames_stored: stored, frames_expected: expected }) {
  const all = Math.max(expected || 0, stored, 1);
  done.max = all;
  done.value = seen;
  status.textContent = stored
    ? `${seen} of ${expected || stored} frames are recognised.`
    : "Waiting for the first frame…";
}

setTimeout(look, SECOND);
