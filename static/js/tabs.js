// @ts-check
// Of a line of links that is longer than the window, the one for this page is moved into sight.

for (const line of document.querySelectorAll(".tabs, .settings__nav")) {
  const here = line.querySelector("[aria-current]");
  if (!(here instanceof HTMLElement) || line.scrollWidth <= line.clientWidth) continue;
  const place = here.getBoundingClientRect().left - line.getBoundingClientRect().left + line.scrollLeft;
  line.scrollLeft = place - (line.clientWidth - here.offsetWidth) / 2;
}
