// A picture dropped on a half is sent there; of two at once, each half gets one.
import { filesOf, isPicture } from "./dropped.js";

const halves = () => [...document.querySelectorAll(".side form.drop")];

function give(form, file) {
  const one = new DataTransfer();
  one.items.add(file);
  form.elements.inputFile.files = one.files;
  form.requestSubmit();
}

function take(files, at) {
  const forms = halves();
  const empty = forms.find((form) => !form.closest(".side").querySelector("input[form=choice]"));
  const first = files.length > 1 ? forms[0] : at?.querySelector("form.drop") || empty || forms[1];
  for (const [place, form] of [first, ...forms.filter((one) => one !== first)].entries()) if (files[place]) give(form, files[place]);
}

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  const at = event.target.closest(".side");
  take((await filesOf(event.dataTransfer)).filter(isPicture).map(({ file }) => file), at);
});
document.addEventListener("paste", (event) => take([...event.clipboardData.files].filter((one) => one.type.startsWith("image/"))));
