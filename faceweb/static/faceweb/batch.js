// More than one picture: a batch is begun, and each file is sent to it, a few at a time.
import { inTurn } from "./dropped.js";

const MOST = 500;

export async function sendAll(files, token, say, begin) {
  const chosen = files.slice(0, MOST);
  const begun = await fetch(begin, { method: "POST", body: form(token, { expected: chosen.length }) });
  if (!begun.ok) return say("The pictures were not taken. Load the page again, and try once more.");
  const { url } = await begun.json();
  let sent = 0, stopped = false;
  const warn = (event) => event.preventDefault();
  addEventListener("beforeunload", warn);
  await inTurn(chosen, async (file) => {
    if (stopped) return;
    const reply = await fetch(`${url}/pictures`, { method: "POST", body: form(token, { filename: file.name }, file) }).catch(() => null);
    if (reply?.ok) sent += 1;
    else if (!reply || reply.status !== 413) stopped = true;
    say(`Sending: ${sent} of ${chosen.length}. Stay on this page until all are sent.`);
  });
  removeEventListener("beforeunload", warn);
  if (stopped) say(`Only ${sent} of ${chosen.length} pictures were sent: the server does not answer.`);
  else location.assign(url);
}

function form(token, fields, file) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", token);
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  if (file) body.append("inputFile", file, file.name);
  return body;
}
