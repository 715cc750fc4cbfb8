// @ts-check
// Under a text field with maxlength, says how many characters are left once nine tenths are used.

/** @param {HTMLTextAreaElement | HTMLInputElement} control */
function tell(control) {
  const note = control.closest(".field")?.querySelector("[data-counter]");
  if (!(note instanceof HTMLElement)) return;
  const left = control.maxLength - control.value.length;
  note.hidden = left > control.maxLength / 10;
  note.textContent = `${control.value.length} / ${control.maxLength}`;
}

document.addEventListener("input", (event) => {
  const control = event.target;
  if ((control instanceof HTMLTextAreaElement || control instanceof HTMLInputElement) && control.maxLength > 0) {
    tell(control);
  }
});
