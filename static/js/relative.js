// @ts-check
// Keeps <time data-relative> ("3 hours ago") and <time data-countdown> ("1 day, 4 hours") true while the page stays open.
// The server's clock counts, not the visitor's: the page says what time it was drawn at.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [["year", 365 * DAY], ["month", 30 * DAY], ["week", 7 * DAY], ["day", DAY], ["hour", HOUR], ["minute", MINUTE]];

/** @type {[string, number][]} */
const PARTS = [["week", 7 * DAY], ["day", DAY], ["hour", HOUR], ["minute", MINUTE], ["second", 1]];

const lang = document.documentElement.lang || "en";
const drawn = Number(document.querySelector('meta[name="now"]')?.getAttribute("content")) * 1000;
const ahead = drawn ? drawn - Date.now() : 0;
const words = new Intl.RelativeTimeFormat(lang);

/** @param {Element} time */
function secondsUntil(time) {
  return Math.round((Date.parse(time.getAttribute("datetime") ?? "") - Date.now() - ahead) / 1000);
}

/** @param {number} seconds */
function spoken(seconds) {
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["minute", MINUTE];
  return words.format(Math.trunc(seconds / size), unit);
}

/** @param {number} seconds */
function counted(seconds) {
  const largest = PARTS.findIndex(([, size]) => seconds >= size);
  const from = largest === -1 ? PARTS.length - 1 : largest;
  const parts = PARTS.slice(from, from + 2).map(([unit, size], index) => {
    const before = index === 0 ? Infinity : PARTS[from][1];
    const count = Math.floor((seconds % before) / size);
    return count || index === 0 ? new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" }).format(count) : "";
  });
  return parts.filter(Boolean).join(", ");
}

function tick() {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const seconds = secondsUntil(time);
    if (Math.abs(seconds) >= MINUTE) time.textContent = spoken(seconds);
  }
  for (const time of document.querySelectorAll("time[data-countdown]")) {
    const seconds = secondsUntil(time);
    time.textContent = seconds > 0 ? counted(seconds) : time.getAttribute("data-over");
  }
}

tick();
setInterval(() => document.hidden || tick(), 1000);
document.addEventListener("htmx:afterSettle", tick);
