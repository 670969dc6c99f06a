// Says while somebody types what is wrong with new words, and shows how they look on a phone.
// Words that are not published yet stay in this tab, so that asking who is there loses none.
"use strict";

(() => {
  const form = document.getElementById("rewording");
  if (!form) return;
  const box = form.elements.namedItem("text");
  const draft = `wording ${location.pathname}`;
  const shown = [...document.querySelectorAll("[data-preview]")];
  let waiting = 0;
  let asked = null;

  const line = (name, text, kind) => {
    const made = document.createElement(name);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };

  const show = (said) => {
    const findings = said.findings.map((one) => line("li", one.text, one.weight));
    document.getElementById("findings").replaceChildren(...findings);
    document.querySelector("#outcome .fine")?.remove();
    const measures = said.measures.map(([title, value]) => {
      const pair = document.createElement("div");
      pair.append(line("dt", title), line("dd", value));
      return pair;
    });
    document.getElementById("measures").replaceChildren(...measures);
    document.getElementById("meant").classList.toggle("rarely", !said.reason);
    shown.forEach((one) => { one.textContent = said.preview; });
  };

  const check = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(form.dataset.check, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
        signal: asked.signal,
      });
      const type = answer.headers.get("content-type") ?? "";
      if (!answer.ok || !type.includes("json")) throw new Error("not checked");
      show(await answer.json());
    } catch (error) {
      // What was said of other words would mislead; the button below does the same without this.
      if (error.name !== "AbortError") document.getElementById("findings").replaceChildren();
    }
  };

  box.addEventListener("input", () => {
    sessionStorage.setItem(draft, box.value);
    clearTimeout(waiting);
    waiting = setTimeout(check, 300);
  });

  if (document.getElementById("published")) sessionStorage.removeItem(draft);
  const kept = sessionStorage.getItem(draft);
  if (kept !== null && box.value === box.defaultValue && !document.getElementById("problem")) {
    box.value = kept;
  }
  // Also what was typed before this script came.
  if (box.value !== box.defaultValue) check();
})();
