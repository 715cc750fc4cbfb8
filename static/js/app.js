// @ts-check
// Everything here only enhances: each page works without it. Listeners sit on the document, so content swapped in later is served too.
import "./autosize.js";
import "./copy.js";
import "./counter.js";
import "./dialog.js";
import "./file-drop.js";
import "./gallery.js";
import "./live-total.js";
import "./menu.js";
import "./refused.js";
import "./relative.js";
import "./submit-once.js";
import "./tabs.js";
import "./theme.js";
import "./unread.js";
import "./unsaved.js";
