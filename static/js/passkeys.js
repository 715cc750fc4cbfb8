// @ts-check
// Says in words when the browser gave no passkey; the ceremony itself is allauth's script.
document.addEventListener("allauth.error", (event) => {
  const note = document.getElementById("passkey-problem");
  if (!note) return;
  event.preventDefault();
  const error = /** @type {CustomEvent} */ (event).detail?.exception;
  const name = error instanceof DOMException ? error.name : "";
  const words = name === "SecurityError" ? note.dataset.address : name === "InvalidStateError" ? note.dataset.known : note.dataset.none;
  const text = note.querySelector("[data-words]");
  if (text) text.textContent = words ?? "";
  note.hidden = false;
});
