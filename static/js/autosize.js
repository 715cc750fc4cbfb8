// @ts-check
// Text areas grow with their text where the browser does not do so by itself (CSS field-sizing).

/** @param {HTMLTextAreaElement} area */
function fit(area) {
  const edge = area.offsetHeight - area.clientHeight;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + edge}px`;
}

if (!CSS.supports("field-sizing", "content")) {
  document.addEventListener("input", (event) => {
    if (event.target instanceof HTMLTextAreaElement) fit(event.target);
  });
  for (const area of document.querySelectorAll("textarea")) fit(area);
}
