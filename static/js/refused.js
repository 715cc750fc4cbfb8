// @ts-check
// After a refused form the keyboard goes to what is wrong: the server marks the place with autofocus. Browsers follow the mark
// unless the address names a place of the page; what is swapped in by morphing nobody follows.

function follow() {
  const now = document.activeElement;
  if (now && now !== document.body && now.id !== "main") return; // it has gone there, or somebody was quicker
  const marked = document.querySelector("main [autofocus]");
  if (marked instanceof HTMLElement) marked.focus();
}

document.addEventListener("htmx:afterSettle", (event) => {
  const by = /** @type {CustomEvent} */ (event).detail.requestConfig?.triggeringEvent;
  if (by?.type === "submit") follow();
});

// An address that names a place would draw the keyboard back there, also after it has gone to the mark.
if (location.hash && document.querySelector("main [autofocus]")) {
  history.replaceState(history.state, "", location.pathname + location.search);
}

// A browser that follows the mark itself does so before the page is shown.
addEventListener("load", () => requestAnimationFrame(follow));
