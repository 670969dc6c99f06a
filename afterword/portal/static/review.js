// One key for each decision: presses the button that carries it, in the message that has the focus.
// Keys do nothing elsewhere, so that they are in nobody's way (WCAG 2.1.4).
"use strict";

(() => {
  const hint = document.querySelector(".keys");
  if (hint) hint.hidden = false;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (event.target.matches("select, input, textarea")) return;
    const within = event.target.closest(".misheard, .noted, .review .empty");
    if (!within) return;
    const key = event.key.toLowerCase();
    const find = (place) => place.querySelector(`button[data-key="${CSS.escape(key)}"]`);
    const button = find(within) ?? (key === "u" ? find(document) : null);
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  // After a decision the next message has the focus, so that the next key is for it.
  if (document.querySelector(".noted")) {
    (document.querySelector(".misheard") ?? document.getElementById("next"))?.focus();
  }
})();
