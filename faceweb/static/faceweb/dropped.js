// Files of a drop, folders included, each with the path that a folder's chooser would give it.
export async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
  return (await Promise.all(entries.map(read))).flat();
}

async function read(entry) {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) return [{ file: await new Promise((found, lost) => entry.file(found, lost)), path }];
  const reader = entry.createReader();
  const found = [];
  for (;;) { // a reader gives a hundred at a time
    const some = await new Promise((read, lost) => reader.readEntries(read, lost));
    if (!some.length) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(read))).flat();
}

export const chosen = (input) => [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

export const isPicture = ({ file }) => /^image\//.test(file.type) || /\.(heic|heif|avif)$/i.test(file.name);

export function onDrop(zone, take) {
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(await filesOf(event.dataTransfer));
  });
}

// Work on things, a few at a time, in order.
export async function inTurn(things, work, atOnce = 3) {
  const waiting = [...things];
  await Promise.all(Array.from({ length: atOnce }, async () => { while (waiting.length) await work(waiting.shift()); }));
}
