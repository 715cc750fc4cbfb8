// @ts-check
// A button[data-copy] copies the text of the field it names, and says so for a moment.

const SAYS_SO_MS = 2000;

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element && event.target.closest("button[data-copy]");
  if (!(button instanceof HTMLButtonElement)) return;
  const field = document.getElementById(button.dataset.copy ?? "");
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return;
  field.select(); // what stays when the browser lets no page write to the clipboard
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    return;
  }
  const says = button.querySelector("[aria-live]");
  if (!says || says.textContent === button.dataset.copied) return;
  const usual = says.textContent;
  says.textContent = button.dataset.copied ?? usual;
  setTimeout(() => (says.textContent = usual), SAYS_SO_MS);
});
