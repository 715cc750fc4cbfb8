// @ts-check
// Loaded in <head> before anything is drawn, so that the chosen colors are there from the first frame.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // Storage may be forbidden: then the system's scheme holds.
  }
})();
