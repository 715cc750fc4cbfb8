// @ts-check
// <a href="#id" data-dialog> opens <dialog id> as a modal; anything in it with data-dialog-close closes it. Without
// JavaScript the same link shows the dialog through :target.

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const opener = event.target.closest("a[data-dialog]");
  const dialog = opener && document.querySelector(opener.getAttribute("href") ?? "");
  if (dialog instanceof HTMLDialogElement) {
    event.preventDefault();
    dialog.showModal();
    return;
  }
  const open = event.target.closest("dialog[open]");
  if (!(open instanceof HTMLDialogElement)) return;
  const beside = event.target === open && event.offsetX !== 0 && outside(open, event);
  if (event.target.closest("[data-dialog-close]") || beside) {
    event.preventDefault();
    open.close();
  }
});

/** @param {HTMLDialogElement} dialog @param {MouseEvent} event */
function outside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}
