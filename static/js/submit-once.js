// @ts-check
// A pressed button shows that it works and cannot send the form a second time. A form with data-submit-many is left alone.

// A page that is still here after this long did not leave: the visitor stayed, or the answer was a file.
const LONGEST_HOLD_MS = 15_000;

/** @type {Map<HTMLFormElement, HTMLElement | null>} */
const sending = new Map();

/** @param {HTMLFormElement} form @param {HTMLElement | null} button */
function hold(form, button) {
  sending.set(form, button);
  button?.setAttribute("aria-disabled", "true");
  button?.setAttribute("data-busy", "");
  setTimeout(() => release(form), LONGEST_HOLD_MS);
}

/** @param {HTMLFormElement} form */
function release(form) {
  const button = sending.get(form);
  button?.removeAttribute("aria-disabled");
  button?.removeAttribute("data-busy");
  sending.delete(form);
}

// Capturing, so that the second press is stopped before htmx or the browser sees it.
document.addEventListener(
  "submit",
  (event) => {
    if (event.target instanceof HTMLFormElement && sending.has(event.target)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  },
  { capture: true },
);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
  if (form.method !== "post" || form.dataset.submitMany !== undefined) return;
  hold(form, event.submitter);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = /** @type {CustomEvent} */ (event).detail;
  const by = requestConfig.triggeringEvent;
  if (elt instanceof HTMLFormElement && by?.type === "submit") hold(elt, by.submitter ?? null);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { elt } = /** @type {CustomEvent} */ (event).detail;
  if (elt instanceof HTMLFormElement) release(elt);
});

// Coming back with the browser's button shows the page as it was left: with the buttons held.
addEventListener("pageshow", () => {
  for (const form of [...sending.keys()]) release(form);
});
