// @ts-check
// Keeps the total of a form[data-live-total] true while quantities change. The server computes the same again and decides.
//   data-cents="1000"       on an input: its price in cents, times its number (or once, when it is a checked box)
//   data-days="4"           on the same input: days; negative ones save time
//   data-days-further="2"   days of every unit after the first; without it each unit counts data-days
//   data-total="money|days" on an output

/** @param {HTMLInputElement} input */
function times(input) {
  if (input.type === "checkbox" || input.type === "radio") return input.checked ? 1 : 0;
  const number = Math.trunc(Number(input.value));
  return Number.isFinite(number) && number > 0 ? number : 0;
}

/** @param {HTMLInputElement} input */
function days(input) {
  const units = times(input);
  const first = Number(input.dataset.days ?? 0);
  const further = Number(input.dataset.daysFurther || first);
  return units === 0 ? 0 : first + (units - 1) * further;
}

/** @param {HTMLFormElement} form */
function total(form) {
  const priced = [...form.elements].filter((control) => control instanceof HTMLInputElement && control.dataset.cents);
  const inputs = /** @type {HTMLInputElement[]} */ (priced);
  const cents = inputs.reduce((sum, input) => sum + Number(input.dataset.cents) * times(input), 0);
  const lead = Math.max(1, inputs.reduce((sum, input) => sum + days(input), 0));
  for (const output of form.querySelectorAll("[data-total]")) {
    if (output instanceof HTMLElement) show(output, cents, lead);
  }
}

/** @param {HTMLElement} output @param {number} cents @param {number} lead */
function show(output, cents, lead) {
  const { lang } = document.documentElement;
  if (output.dataset.total === "money") {
    output.textContent = new Intl.NumberFormat(lang, { style: "currency", currency: "USD" }).format(cents / 100);
    return;
  }
  const parts = [[Math.floor(lead), "day"], [Math.round((lead % 1) * 24), "hour"]].filter(([count]) => count);
  output.textContent = parts
    .map(([count, unit]) => new Intl.NumberFormat(lang, { style: "unit", unit: String(unit), unitDisplay: "long" }).format(Number(count)))
    .join(" ");
}

document.addEventListener("input", (event) => {
  const form = event.target instanceof HTMLInputElement && event.target.form;
  if (form && form.dataset.liveTotal !== undefined) total(form);
});

for (const form of document.querySelectorAll("form[data-live-total]")) {
  if (form instanceof HTMLFormElement) total(form);
}
