// @ts-check
// Tells forms the browser's time zone: a hidden input[data-time-zone] is filled; beside a select, a button[data-time-zone-use]
// offers to choose it where it differs.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

for (const input of document.querySelectorAll("input[data-time-zone]")) {
  if (input instanceof HTMLInputElement) input.value = zone;
}

for (const button of document.querySelectorAll("button[data-time-zone-use]")) {
  const select = document.getElementById(button.getAttribute("data-time-zone-use") ?? "");
  if (!(select instanceof HTMLSelectElement) || !(button instanceof HTMLButtonElement)) continue;
  const offered = [...select.options].some((option) => option.value === zone);
  if (!offered || select.value === zone) continue;
  const name = button.querySelector("[data-zone]");
  if (name) name.textContent = zone.replaceAll("_", " ");
  button.hidden = false;
  button.addEventListener("click", () => {
    select.value = zone;
    button.hidden = true;
    select.focus();
  });
}
