"use strict";
// Puts a button on a clinic's page; a tap opens the patient's page in a frame. The shadow root is
// closed, so neither side's styles reach the other; what keeps the words apart is the frame.
(() => {
  const tag = document.currentScript;
  const texts = {TEXTS};
  const home = new URL(tag.src).origin;
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "closed" });
  const style = new CSSStyleSheet(); // a style element would need the clinic's policy to allow it
  style.replaceSync(`
    button { font: 600 1rem/1.2 system-ui, sans-serif; min-height: 3rem; padding: .75rem 1.25rem;
      border: 1px solid #fff; border-radius: 1.5rem; background: #0b5d5e; color: #fff; cursor: pointer; }
    button:focus-visible { outline: 3px solid #fff; box-shadow: 0 0 0 6px #0b5d5e; }
    .open { position: fixed; bottom: 1rem; inset-inline-end: 1rem; z-index: 2147483000; }
    dialog { position: fixed; inset: auto; bottom: 1rem; inset-inline-end: 1rem; margin: 0; padding: 0;
      width: min(26rem, calc(100vw - 2rem)); height: min(44rem, calc(100vh - 2rem)); max-width: none;
      max-height: none; border: 0; border-radius: 1rem; overflow: hidden; box-shadow: 0 .5rem 2rem #0006; }
    dialog[open] { display: flex; flex-direction: column; }
    dialog::backdrop { background: #0004; }
    dialog button { border-radius: 0; border: 0; min-height: 2.75rem; padding: .5rem 1rem; text-align: end; }
    iframe { flex: 1; width: 100%; border: 0; background: #fff; }
    @media (max-width: 40rem) { dialog { inset: 0; width: 100vw; height: 100vh; height: 100dvh; border-radius: 0; } }
  `);
  root.adoptedStyleSheets = [style];

  const make = (name, more) => Object.assign(document.createElement(name), more);
  const open = make("button", { className: "open", type: "button", textContent: texts.open });
  const dialog = make("dialog", { ariaLabel: texts.title });
  const close = make("button", { type: "button", textContent: texts.close });
  dialog.append(close);
  root.append(open, dialog);

  let frame;
  open.onclick = () => {
    if (!frame) {
      const src = `${home}/f/${encodeURIComponent(tag.dataset.link)}/embed`;
      frame = make("iframe", { src, title: texts.title, referrerPolicy: "no-referrer" });
      dialog.append(frame);
    }
    dialog.showModal(); // gives Esc, keeps the focus inside and gives it back afterwards
  };
  close.onclick = () => dialog.close();
  addEventListener("message", (event) => {
    if (frame && event.source === frame.contentWindow && event.origin === home && event.data === "afterword:close") dialog.close();
  });
  const place = () => document.body.append(host);
  if (document.body) place();
  else addEventListener("DOMContentLoaded", place);
})();
