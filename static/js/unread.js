// @ts-check
// The number on the bell: not asked for while nobody looks at the page, asked for at once when somebody does again,
// and written in front of the page's title.

const title = document.title;

function badge() {
  return document.getElementById("unread");
}

function show() {
  const count = Number(badge()?.dataset.unread ?? 0);
  document.title = count ? `(${count > 99 ? "99+" : count}) ${title}` : title;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target === badge()) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) badge()?.dispatchEvent(new Event("seen"));
});
document.addEventListener("htmx:afterSwap", show);
show();
