// @ts-check
// The editor of a kwork: what the seller receives is shown while a price is typed, chosen pictures are uploaded at once,
// and a save that did not arrive says so.

/** @param {string} text @returns {number} cents, or 0 for what is no price */
function cents(text) {
  const found = /^\s*\$?(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(\d{1,2}))?\s*$/.exec(text);
  return found ? Number(found[1].replaceAll(",", "")) * 100 + Number((found[2] ?? "").padEnd(2, "0")) : 0;
}

/** @param {number} amount in cents */
function written(amount) {
  const digits = amount % 100 ? 2 : 0;
  const style = { style: "currency", currency: "USD", minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(document.documentElement.lang, /** @type {Intl.NumberFormatOptions} */ (style)).format(amount / 100);
}

document.addEventListener("input", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || !/(^|-)price$/.test(input.name)) return;
  const shown = input.closest("[data-priced]")?.querySelector("[data-share]");
  const keeps = Number(input.form?.dataset.keeps);
  if (!(shown instanceof HTMLElement) || !keeps) return;
  const price = cents(input.value);
  const share = Math.floor((price * keeps) / 10000);
  const words = [["%p", price], ["%c", price - share], ["%s", share]];
  let text = price ? (shown.dataset.words ?? "") : "";
  for (const [mark, amount] of /** @type {[string, number][]} */ (words)) text = text.replace(mark, written(amount));
  shown.textContent = text;
});

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || input.name !== "images" || !input.files?.length) return;
  const button = input.closest(".file-drop")?.querySelector("[data-upload]");
  if (button instanceof HTMLButtonElement) button.click();
});

// Logging in again in another tab gives a new token against forged requests; this page's own would then be refused.
document.addEventListener("htmx:configRequest", (event) => {
  const token = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie);
  if (token) /** @type {CustomEvent} */ (event).detail.parameters.csrfmiddlewaretoken = token[1];
});

/** @param {"failed" | "loggedOut" | "broken"} why */
function warn(why) {
  const place = document.querySelector("#saved > p");
  const words = document.getElementById("saved")?.dataset[why];
  if (place && words) place.textContent = words;
}

document.addEventListener("htmx:sendError", () => warn("failed"));
document.addEventListener("htmx:responseError", (event) => {
  const { status } = /** @type {CustomEvent} */ (event).detail.xhr;
  warn(status === 401 || status === 403 ? "loggedOut" : "broken");
});
