// Keeps the page up to date, and sends what a person wants done. The page works without it.
"use strict";

const byId = (id) => document.getElementById(id);
const stored = (name, value) => {
  try {
    if (value !== undefined) sessionStorage.setItem(name, value);
    return sessionStorage.getItem(name) ?? "";
  } catch {
    return ""; // storage is switched off
  }
};
const words = document.body.dataset;
const states = JSON.parse(words.states);
const LEAVES = 8000;
const FAULT_LEAVES = 30000;
let leaving;

// What was said leaves again: it must not cover the last row for ever.
const say = (text, milliseconds = LEAVES) => {
  byId("said").textContent = text;
  clearTimeout(leaving);
  leaving = setTimeout(() => byId("said").replaceChildren(), milliseconds);
};

// --- patching: elements that did not change keep their focus and what was typed

const parsed = (html, inside) => {
  const frame = document.createElement("template");
  frame.innerHTML = inside ? `<table><tbody>${html}</tbody></table>` : html;
  return inside ? frame.content.querySelector("tbody") : frame.content.firstElementChild;
};

function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open" && name !== "data-near") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const present = [...old.childNodes];
  const wanted = [...fresh.childNodes];
  wanted.forEach((child, at) => (present[at] ? morph(present[at], child) : old.append(child)));
  present.slice(wanted.length).forEach((child) => child.remove());
}

// Rows keep their element by id, wherever they move.
function morphRows(body, fresh) {
  const known = new Map([...body.rows].map((row) => [row.id, row]));
  let next = body.firstElementChild;
  for (const row of [...fresh.rows]) {
    const old = known.get(row.id);
    known.delete(row.id);
    if (old && old === next) {
      next = next.nextElementSibling;
      morph(old, row);
    } else if (old) {
      body.insertBefore(old, next);
      morph(old, row);
    } else {
      body.insertBefore(row, next);
    }
  }
  known.forEach((row) => row.remove());
}

function take(patch) {
  if (patch.title) document.title = patch.title;
  for (const [id, html] of Object.entries(patch.parts ?? {})) {
    const old = byId(id);
    if (old) morph(old, old.nodeName === "TR" ? parsed(html, true).rows[0] : parsed(html, false));
  }
  for (const [id, html] of Object.entries(patch.lists ?? {})) {
    const body = byId(id);
    if (body) morphRows(body, parsed(html, true));
  }
  if (patch.say) say(patch.say);
  tellTimes();
}

// --- times: the reader's own clock, and how long ago, beside UTC

const language = document.documentElement.lang;
const ago = new Intl.RelativeTimeFormat(language, { style: "short" });
const minutes = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const clock = new Intl.DateTimeFormat(language, { ...minutes, timeZoneName: "short" });
const shortClock = new Intl.DateTimeFormat(language, minutes);
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

function since(at) {
  const seconds = (at - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
  return ago.format(Math.round(seconds / size), unit);
}

// In a row, where UTC is marked by its Z, the hour alone is short enough for one line.
function near(time) {
  const at = new Date(time.dateTime);
  const told = time.closest("td") && time.textContent.endsWith("Z") ? shortClock : clock;
  const here = at.getTimezoneOffset() ? told.format(at) : "";
  const sameDay = at.toDateString() === new Date().toDateString();
  const local = here && (sameDay ? here : `${day.format(at)} ${here}`);
  return [local, since(at)].filter(Boolean).join(" · ");
}

function tellTimes(inside = document) {
  for (const time of inside.querySelectorAll("time")) {
    const told = near(time);
    if (time.dataset.near !== told) time.dataset.near = told;
  }
}

// --- live

let events;
let heard = Date.now();
const SILENT = 40000; // the daemon says something every 15 seconds

// `seen` is the token of the page as it was sent: the stream begins with what changed since.
function listen(seen = "") {
  events?.close();
  if (document.hidden) return;
  const query = new URLSearchParams({ page: location.pathname + location.search, seen });
  events = new EventSource(`/api/v1/events?${query}`);
  heard = Date.now();
  events.addEventListener("patch", (event) => {
    showLive(true);
    take(JSON.parse(event.data));
  });
  events.addEventListener("alive", (event) => {
    showLive(true, JSON.parse(event.data).healthy ? "" : words.stuck);
  });
  events.addEventListener("open", () => showLive(true));
  events.addEventListener("error", () => {
    showLive(false, words.gone);
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000, "");
  });
}

// A browser opens six connections to one host, for all its tabs: a hidden tab uses none.
document.addEventListener("visibilitychange", () => listen());

// A daemon that is gone darkens the page: what is old must not be taken for what is.
function showLive(now, trouble = "") {
  if (now && !trouble) heard = Date.now();
  const shown = byId("live");
  shown.textContent = now ? words.live : words.lost;
  shown.classList.toggle("on", now);
  document.body.classList.toggle("gone", Boolean(trouble));
  const told = byId("gone");
  if (told.hidden === Boolean(trouble) || trouble !== told.dataset.trouble) {
    told.hidden = !trouble;
    told.dataset.trouble = trouble;
    const last = new Date(heard);
    const time = document.createElement("time");
    time.dateTime = last.toISOString();
    time.textContent = `${time.dateTime.slice(11, 19)}Z`;
    told.replaceChildren(...(trouble ? [`${trouble} `, time] : []));
    tellTimes(told);
  }
}

setInterval(() => {
  tellTimes();
  if (!document.hidden && Date.now() - heard > SILENT) showLive(false, words.gone);
}, 5000);

// --- searching: the address follows what is typed

let typed;
let asked = 0;

async function find(form) {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  const address = query.size ? `/?${query}` : "/";
  const mine = ++asked;
  const answer = await fetch(address);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== asked) return; // something else was typed meanwhile
  history.replaceState(null, "", address);
  const parts = ["shown", "columns"].flatMap((id) => [`connections-${id}`, `strategies-${id}`]);
  for (const id of ["glance", ...parts]) {
    morph(byId(id), page.getElementById(id));
  }
  for (const id of ["connections", "strategies"]) morphRows(byId(id), page.getElementById(id));
  tellTimes();
  say(["connections", "strategies"].map((id) => byId(`${id}-shown`).textContent).join(" · "));
  listen(page.body.dataset.seen);
}

document.addEventListener("input", ({ target }) => {
  const form = target.closest("#find");
  if (!form) return;
  clearTimeout(typed);
  typed = setTimeout(() => find(form).catch(() => form.submit()), 250);
});

// --- acting

async function token(wrong) {
  const dialog = byId("ask");
  const field = dialog.querySelector("input");
  field.value = "";
  const why = byId("ask-why");
  why.textContent = wrong ? words.wrong : why.dataset.why;
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  return dialog.returnValue ? stored("token", field.value.trim()) : "";
}

async function post(path, body) {
  const needed = words.token === "yes";
  let login = needed ? stored("token") || (await token(false)) : "";
  while (!needed || login) {
    const headers = { "Content-Type": "application/json" };
    if (login) headers.Authorization = `Bearer ${login}`;
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    const result = await answer.json();
    if (answer.ok) return result;
    if (answer.status !== 401 || !needed) throw new Error(result.error);
    stored("token", "");
    login = await token(true);
  }
  return null; // no token was given
}

const busy = new WeakSet();

async function act(button, path, body, describe) {
  const lang = new URLSearchParams(location.search).get("lang");
  const dialog = button.closest("dialog");
  if (busy.has(button)) return;
  busy.add(button);
  button.classList.add("busy");
  try {
    const result = await post(lang ? `${path}?lang=${lang}` : path, body);
    if (!result) return;
    dialog?.close();
    say(describe(result));
  } catch (error) {
    const cause = error instanceof TypeError ? words.unreached : error.message; // fetch's own
    const fault = `${words.failed}: ${cause}`;
    if (dialog) dialog.querySelector(".fault").textContent = fault;
    else say(fault, FAULT_LEAVES);
  } finally {
    busy.delete(button);
    button.classList.remove("busy");
  }
}

function open(dialog) {
  dialog.querySelector(".fault").replaceChildren();
  dialog.querySelector("[name=reason]").value = "";
  dialog.querySelector("[name=by]").value = stored("by");
  dialog.showModal();
  dialog.querySelector("[name=reason]").focus();
}

document.addEventListener("click", ({ target }) => {
  const opener = target.closest("[data-opens]");
  if (opener) open(byId(opener.dataset.opens));
  target.closest("[data-closes]")?.closest("dialog").close();
  const button = target.closest("[data-test]");
  if (!button) return;
  const name = button.dataset.test;
  say(`${name}: ${words.testing}`);
  act(button, `/api/v1/connections/${encodeURIComponent(name)}/test`, {}, (result) => {
    return `${name}: ${states[result.status] ?? result.status}`;
  });
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-post]");
  if (!form) return;
  event.preventDefault();
  const body = Object.fromEntries(new FormData(form));
  if (body.by) stored("by", body.by);
  act(form.querySelector("button"), form.dataset.post, body, () => words.done);
});

document.documentElement.classList.add("live");
tellTimes();
listen(words.seen);
