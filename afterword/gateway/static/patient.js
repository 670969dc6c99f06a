"use strict";
// The patient's chat. The server keeps the conversation, the page what is not yet there.
const $ = (id) => document.getElementById(id);
const TEXTS = JSON.parse($("texts").textContent);
const token = location.pathname.split("/")[2];
const STORE = "afterword." + token.slice(0, 6);
const { key } = document.body.dataset; // that the code was given, where it is asked for
const CALM = 350, LATE = 2000;

const heard = new Map(); // the server's lines by their order
let mine = restore(); // own messages that the conversation does not show yet
let info = { cursor: 0 };
let listening, sending, offline, gone, locked, asked, shown, language;
let lastTap = 0, failures = 0;
let urgent = []; // lines of safety that came while nothing could be stored

const sleep = (ms) => new Promise((done) => setTimeout(done, Math.max(0, ms)));

function make(tag, more, ...parts) {
  const node = Object.assign(document.createElement(tag), more);
  node.append(...parts);
  return node;
}

// Storage throws in a foreign page's iframe; then memory has to do.
function restore() {
  try { return JSON.parse(sessionStorage[STORE]); } catch { return []; }
}
function keep() {
  try {
    const unsent = mine.filter((item) => !item.safe);
    // Who has left (leave.js) leaves nothing, also while the next page comes.
    const here = !document.body.hidden && (locked || !gone);
    if (unsent.length && here) sessionStorage[STORE] = JSON.stringify(unsent);
    else delete sessionStorage[STORE];
  } catch {}
}

// One request. A failure is shown and waited for, longer each time.
async function call(path, options) {
  try {
    const headers = { Authorization: "Bearer " + token, "Content-Type": "application/json" };
    if (key) headers["X-Afterword-Unlock"] = key;
    const reply = await fetch("/api/" + path, { headers, credentials: "omit", ...options });
    if (reply.status > 499 || [401, 404, 429].includes(reply.status)) {
      const { safety } = await reply.json().catch(() => ({}));
      if (safety?.length) urgent = safety;
      locked = reply.status === 401;
      gone = locked || reply.status === 404;
      if (locked) lock();
      if (!gone) throw reply;
    }
    offline = false;
    failures = 0;
    return reply;
  } catch {
    offline = !navigator.onLine;
    render();
    await sleep(Math.min(1000 * 2 ** failures++, 15000));
  }
}

// The code has to be given anew: nothing stays on the page but lines of safety.
function lock() {
  heard.clear();
  keep();
  if (!urgent.length) location.reload();
}

function uuid() {
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16));
}

function send(message) {
  const typed = $("text") === document.activeElement;
  mine.push({ client: uuid(), from: "patient", ...message });
  asked = true;
  // Left open it lies over the reply, and that may be help lines.
  $("menu").open = false;
  lastTap = Date.now();
  keep();
  render();
  if (!typed) $("log").lastChild?.focus();
  setTimeout(render, LATE);
  flush();
  listen();
}

async function flush() {
  if (sending) return;
  sending = true;
  for (let item; !gone && (item = mine.find((one) => !one.safe)); ) {
    const { client: id, choice, text } = item;
    const body = JSON.stringify(choice ? { id, choice } : { id, text });
    const reply = await call("messages", { method: "POST", body, keepalive: body.length < 60000 });
    if (reply?.status === 202) item.safe = true;
    else if (reply && !gone) refuse(item, await reply.json());
    keep();
    render();
  }
  sending = false;
}

function refuse(item, { message, safety = [] }) {
  const box = $("text");
  mine = mine.filter((one) => one !== item);
  asked = false;
  if (!item.choice) box.value = [item.text, box.value].filter(Boolean).join("\n");
  $("refused").textContent = message;
  urgent = safety;
  box.setAttribute("aria-invalid", true);
  box.focus();
}

async function listen() {
  if (listening) return;
  listening = true;
  while (!gone && info.reflection !== "deleted") {
    const { cursor } = info, began = Date.now();
    const reply = await call(`conversation?after=${cursor}&wait=${cursor && 20}`);
    if (!reply?.ok) continue;
    const news = await reply.json();
    // A new question must not slip under the second tap of a double tap.
    await sleep(lastTap + CALM - Date.now());
    take(news);
    if (info.cursor === cursor) await sleep(began + 1000 - Date.now());
  }
  listening = false;
  render();
}

function take(news) {
  const first = !info.cursor;
  info = news;
  if (news.reflection === "deleted") {
    heard.clear();
    mine = [];
  }
  for (const message of news.messages) heard.set(message.id, message);
  if (news.messages.length) urgent = [];
  mine = mine.filter((item) => !news.messages.some((one) => one.client === item.client));
  keep();
  render();
  if (first) $("news").textContent = "";
  language ??= news.language;
  // The page's own words come with the page; nothing that is not sent yet is lost for them.
  if (language !== news.language && !mine.length && !$("text").value) location.reload();
}

function render() {
  const said = [...heard.values()].sort((one, other) => one.id - other.id).concat(mine);
  const end = said.findLastIndex((one) => one.from === "patient") + 1;
  const turn = said.slice(end).concat(urgent), key = String(turn.map((one) => one.id || one.text));
  renderLog(said.slice(0, end).filter((one) => one.choice !== "menu.start"));
  if (key !== shown) renderTurn(turn);
  renderFrame(said.length || info.notice || (!info.cursor && document.body.dataset.begun), turn.at(-1));
  const { offsetHeight } = $("turn");
  if (key !== shown) $("turn").scrollIntoView({ block: offsetHeight > innerHeight / 2 ? "start" : "nearest" });
  shown = key;
}

function renderLog(lines) {
  let at = $("log").firstChild;
  for (const message of lines) {
    const key = String(message.client || message.id);
    if (at?.dataset.key === key) at = at.nextSibling;
    else $("log").insertBefore(line(message, key), at);
  }
  while (at) [at] = [at.nextSibling, at.remove()];
}

function line(message, key) {
  const own = message.from === "patient";
  const who = make("span", { className: "unseen", dir: "ltr" }, own ? TEXTS.you : TEXTS.assistant, " ");
  const node = make("p", { dir: "auto", tabIndex: -1, className: own ? "mine" : "" }, who, message.text);
  if (message.state === "refused") node.append(" ", TEXTS.not_used);
  node.dataset.key = key;
  return node;
}

function renderTurn(lines) {
  const turn = $("turn");
  turn.replaceChildren(...lines.flatMap(({ id, kind, text, rows = [], choices = [], contacts = [] }) => [
    make("p", { id: "m" + id, dir: "auto", className: kind }, text),
    make("ul", { className: "lines" }, ...contacts.map(({ title, href, about }) =>
      make("li", {}, make("a", { href, target: "_top" }, title), make("span", { className: "soft" }, about)))),
    ...rows.map(row),
    make("div", { className: "choices" }, ...choices.map(button)),
  ]));
  turn.setAttribute("aria-labelledby", lines.map((one) => "m" + one.id).join(" "));
  if (!lines.length) return;
  // Whoever asked is taken to the reply; a line that comes by itself is only announced.
  if (asked && !$("text").value) turn.focus({ preventScroll: true });
  else $("news").textContent = lines.map((one) => one.text).join(" ");
  asked = false;
}

function button({ token: choice, title, style }) {
  const onclick = () => send({ choice, text: title });
  return make("button", { type: "button", dir: "auto", className: style, onclick }, title);
}

function row({ label, answer, words, mark, change, remove }) {
  const acts = Object.entries({ change, remove }).filter(([, choice]) => choice).map(([way, choice]) => {
    const act = button({ token: choice, title: TEXTS[way], style: "quiet" });
    act.append(make("span", { className: "unseen" }, " ", label));
    return act;
  });
  const said = [answer, words].filter(Boolean).map((text) => make("p", { dir: "auto" }, text));
  if (mark) said.push(make("p", { className: "mark", dir: "auto" }, mark));
  return make("div", { className: "row" }, make("p", { className: "soft", dir: "auto" }, label), ...said, ...acts);
}

function renderFrame(begun, last) {
  const over = Boolean(info.notice);
  $("landing").hidden = begun;
  $("chat").hidden = $("menu").hidden = !begun;
  $("composer").hidden = gone || over || last?.input === "none";
  $("composer").className = last?.input === "text" ? "wide" : "";
  $("text").placeholder = last?.input === "choice" ? TEXTS.write_or : TEXTS.write;
  for (const act of document.querySelectorAll("[data-open]")) act.hidden = over;
  $("progress").textContent = (!over && last?.place) || "";
  $("offer").hidden = over || !info.form;
  const ends = over && $("done").hidden;
  $("done").hidden = !over;
  $("done-what").textContent = info.notice?.title;
  $("done-next").textContent = info.notice?.text;
  if (ends) $("done").scrollIntoView({ block: "nearest" });

  const late = (mine.length || info.waiting) && Date.now() - lastTap >= LATE;
  const status = locked ? TEXTS.locked : gone ? TEXTS.gone : offline ? TEXTS.offline : info.status || (late ? TEXTS.waiting : "");
  if ($("status").textContent !== status) $("status").textContent = status;
  $("again").hidden = !locked;
}

$("start").onsubmit = (event) => {
  event.preventDefault();
  send({ choice: "menu.start", text: "" });
};
$("composer").onsubmit = (event) => {
  event.preventDefault();
  const text = $("text").value;
  $("refused").textContent = $("text").value = "";
  $("text").removeAttribute("aria-invalid");
  send({ text });
};
$("text").onkeydown = (event) => {
  // With a keyboard Enter sends; on a phone it is a new line.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !matchMedia("(pointer:fine)").matches) return;
  event.preventDefault();
  $("composer").requestSubmit();
};
document.onkeydown = ({ key, target, ctrlKey, metaKey }) => {
  // Whoever types on after a reply writes; the space bar scrolls.
  if (target === $("turn") && /^\S$/u.test(key) && !ctrlKey && !metaKey) $("text").focus();
  if (key !== "Escape") return;
  if ($("menu").open) {
    $("menu").open = false;
    $("menu").firstElementChild.focus();
  } else parent.postMessage("afterword:close", "*");
};
document.onclick = (event) => {
  const { choice } = event.target.dataset;
  if (!$("menu").contains(event.target)) $("menu").open = false;
  if (choice) send({ choice, text: event.target.textContent });
  const link = event.target.closest("a");
  if (!link?.hash) return;
  location.replace(link.hash);
  event.preventDefault();
};
addEventListener("online", () => { offline = false; flush(); render(); });
addEventListener("offline", () => { offline = true; render(); });

flush();
if (document.body.dataset.begun || mine.length) listen();
else render();
