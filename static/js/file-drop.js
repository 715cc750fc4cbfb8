// @ts-check
// .file-drop takes dropped files, lists what was chosen and says at once which file is too large (the server checks again).

/** @param {HTMLInputElement} input */
function list(input) {
  const shown = input.closest(".file-drop")?.querySelector("[data-files]");
  if (!(shown instanceof HTMLElement)) return;
  const most = Number(input.dataset.maxBytes ?? Infinity);
  shown.replaceChildren(...[...(input.files ?? [])].map((file) => row(file, most, shown.dataset.tooLarge ?? "")));
  shown.hidden = !input.files?.length;
}

/** @param {File} file @param {number} most @param {string} tooLarge */
function row(file, most, tooLarge) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  const note = document.createElement("span");
  item.className = "file-list__item";
  name.className = "file-list__name";
  name.textContent = file.name;
  note.textContent = file.size > most ? tooLarge : size(file.size);
  if (file.size > most) item.dataset.refused = "";
  item.append(name, note);
  return item;
}

/** @param {number} bytes */
function size(bytes) {
  const [amount, unit] = bytes < 1048576 ? [bytes / 1024, "kilobyte"] : [bytes / 1048576, "megabyte"];
  const words = { style: "unit", unit, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang, /** @type {Intl.NumberFormatOptions} */ (words)).format(amount);
}

/** @param {Event} event @returns {HTMLElement | null} */
function zone(event) {
  return event.target instanceof Element ? event.target.closest(".file-drop") : null;
}

document.addEventListener("change", (event) => {
  if (event.target instanceof HTMLInputElement && event.target.type === "file") list(event.target);
});

document.addEventListener("dragover", (event) => {
  const over = zone(event);
  if (!over) return;
  event.preventDefault();
  over.dataset.over = "";
});

document.addEventListener("dragleave", (event) => {
  const left = zone(event);
  if (left && !(event.relatedTarget instanceof Node && left.contains(event.relatedTarget))) delete left.dataset.over;
});

document.addEventListener("drop", (event) => {
  const over = zone(event);
  const input = over?.querySelector('input[type="file"]');
  if (!over || !(input instanceof HTMLInputElement) || !event.dataTransfer?.files.length) return;
  event.preventDefault();
  delete over.dataset.over;
  const taken = new DataTransfer();
  for (const file of [...event.dataTransfer.files].slice(0, input.multiple ? undefined : 1)) taken.items.add(file);
  input.files = taken.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
