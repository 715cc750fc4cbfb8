// @ts-check
// A click on [data-video] puts YouTube's player in its place; before that nothing is asked of YouTube.

document.addEventListener("click", (event) => {
  const facade = event.target instanceof Element && event.target.closest("[data-video] a")?.parentElement;
  if (!facade) return;
  event.preventDefault();
  const player = document.createElement("iframe");
  player.src = `https://www.youtube-nocookie.com/embed/${facade.dataset.video}?autoplay=1`;
  player.title = facade.dataset.title ?? "";
  player.allow = "autoplay; fullscreen; picture-in-picture";
  player.allowFullscreen = true;
  facade.replaceChildren(player);
  player.focus();
});
