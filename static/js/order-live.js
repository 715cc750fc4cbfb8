// @ts-check
// An order's page asks every few seconds what is new and takes it in place. What the user is writing, has opened or has
// chosen stays as it is, and so do the places that other parts of the site fill ([data-kept]).

/** @type {WeakSet<Element>} */
const touched = new WeakSet();

document.addEventListener("input", (event) => {
  const form = event.target instanceof Element && event.target.closest("[data-typing]");
  if (form) touched.add(form);
});

/** @param {Node} node */
function isBusy(node) {
  if (!(node instanceof Element)) return false;
  if (node.matches("[data-kept], [data-refused], dialog[open]") || touched.has(node)) return true;
  return node.matches("[data-typing]") && node.contains(document.activeElement);
}

/** @param {Node} node */
function holdsBusy(node) {
  return node instanceof Element && [node, ...node.querySelectorAll("[data-typing], dialog[open]")].some(isBusy);
}

const { callbacks } = /** @type {any} */ (window).Idiomorph.defaults;
callbacks.beforeNodeMorphed = (/** @type {Node} */ old) => !isBusy(old);
callbacks.beforeNodeRemoved = (/** @type {Node} */ old) => !holdsBusy(old);
// What the user has opened stays open.
callbacks.beforeAttributeUpdated = (/** @type {string} */ name, /** @type {Element} */ node) =>
  !(name === "open" && node instanceof HTMLDetailsElement);

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target instanceof Element && event.target.matches("[data-live]")) event.preventDefault();
});

document.addEventListener("visibilitychange", () => {
  const live = document.querySelector("[data-live]");
  if (!document.hidden && live) /** @type {any} */ (window).htmx.trigger(live, "shown-again");
});
