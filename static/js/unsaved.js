// @ts-check
// Leaving a form[data-guard] with changes that were not sent asks first.

/** @type {Set<HTMLFormElement>} */
const changed = new Set();

/** @param {Event} event @returns {HTMLFormElement | null} */
function guarded(event) {
  const form = event.target instanceof Element ? event.target.closest("form") : null;
  return form && form.dataset.guard !== undefined ? form : null;
}

document.addEventListener("input", (event) => {
  const form = guarded(event);
  if (form) changed.add(form);
});

/** @param {Event} event */
function sent(event) {
  const form = guarded(event);
  if (form) changed.delete(form);
}

document.addEventListener("submit", sent);
document.addEventListener("htmx:afterRequest", sent);

addEventListener("beforeunload", (event) => {
  if ([...changed].some((form) => form.isConnected)) event.preventDefault();
});
