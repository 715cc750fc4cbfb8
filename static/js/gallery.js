// @ts-check
// A gallery's thumbnails are links to its pictures; here they scroll the track only, and the picture in view is marked.

document.addEventListener("click", (event) => {
  const thumb = event.target instanceof Element && event.target.closest(".gallery__thumbs a");
  const picture = thumb && document.querySelector(thumb.getAttribute("href") ?? "");
  const track = picture && picture.closest(".gallery__track");
  if (!(picture instanceof HTMLElement) || !track) return;
  event.preventDefault();
  track.scrollTo({ left: picture.offsetLeft - /** @type {HTMLElement} */ (track).offsetLeft });
});

const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const thumb = document.querySelector(`.gallery__thumbs a[href="#${target.id}"]`);
      if (isIntersecting) thumb?.setAttribute("aria-current", "true");
      else thumb?.removeAttribute("aria-current");
    }
  },
  { threshold: 0.6 },
);

for (const picture of document.querySelectorAll(".gallery__track > li")) watcher.observe(picture);
