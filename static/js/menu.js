// @ts-check
// <details class="menu"> closes on Escape, on a click elsewhere and when the focus leaves it.

/** @returns {HTMLDetailsElement[]} */
function openMenus() {
  return [...document.querySelectorAll("details.menu[open]")].filter((menu) => menu instanceof HTMLDetailsElement);
}

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (inside) menu.querySelector("summary")?.focus();
  }
});

document.addEventListener("focusout", (event) => {
  for (const menu of openMenus()) {
    const from = event.target instanceof Node && menu.contains(event.target);
    if (from && event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget)) menu.open = false;
  }
});
