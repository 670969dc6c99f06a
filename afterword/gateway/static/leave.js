"use strict";
// Leaving at once, by the link or by Escape twice: what is not sent yet goes too, the way back
// does not lead here, and nothing is left to read while the next page comes.
const exit = document.getElementById("leave");
let escaped = -1000;

function leave(event) {
  event.preventDefault();
  try { sessionStorage.clear(); } catch {}
  document.body.hidden = true;
  // A frame that nobody has touched yet may not move the page around it.
  try { top.location.replace(exit.href); } catch { location.replace(exit.href); }
}

exit.onclick = leave;
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.repeat) return;
  if (event.timeStamp - escaped < 1000) leave(event);
  escaped = event.timeStamp;
});
