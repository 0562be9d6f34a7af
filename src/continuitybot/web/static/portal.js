// A page without a reload: whatever changes is fetched again and put in its place, and what
// somebody is just writing, or has opened, stays. Without this script forms post and pages answer.
"use strict";

const EVERY = 20000; // clocks and bars on the page move though nothing has happened
const linkState = document.querySelector(".link-state");
const answers = document.querySelector("#answer");
let busy = false;
let again = false;

const place = (element) => element.closest("[id]").id;
const nameOf = {
  details: (one) => [place(one), one.querySelector("summary").textContent.trim(),
    one.closest("form")?.elements.command?.value].join("|"),
  field: (one) => [place(one), one.form.getAttribute("aria-label"), one.name].join("|"),
};

function remembered(live) {
  const opened = new Set([...live.querySelectorAll("details[open]")].map(nameOf.details));
  const written = new Map();
  for (const field of live.querySelectorAll("textarea, input[type=text]")) {
    if (field.value) written.set(nameOf.field(field), field.value);
  }
  const active = document.activeElement;
  const isField = active && live.contains(active) && active.matches("textarea, input[type=text]");
  const focus = isField ? [nameOf.field(active), active.selectionStart, active.selectionEnd] : null;
  return { opened, written, focus };
}

function restore(live, { opened, written, focus }) {
  for (const one of live.querySelectorAll("details")) one.open = opened.has(nameOf.details(one));
  for (const field of live.querySelectorAll("textarea, input[type=text]")) {
    const name = nameOf.field(field);
    if (written.has(name)) field.value = written.get(name);
    if (focus && focus[0] === name) {
      field.focus({ preventScroll: true });
      field.setSelectionRange(focus[1], focus[2]);
    }
  }
}

async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    do {
      again = false;
      const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#live");
      if (!fresh) { connected(false, "This link no longer works; ask the bot for a new one"); return; }
      const live = document.querySelector("#live");
      const memory = remembered(live);
      live.replaceWith(fresh);
      restore(fresh, memory);
    } while (again);
    connected(true, "Live");
  } catch {
    connected(false, "The bot does not answer; trying again");
  } finally {
    busy = false;
  }
}

function connected(yes, words) {
  linkState.dataset.state = yes ? "live" : "away";
  if (linkState.textContent !== words) linkState.textContent = words;
}

function listen() {
  const events = new EventSource(document.body.dataset.events);
  events.addEventListener("changed", refresh);
  events.addEventListener("error", () => {
    connected(false, "The bot does not answer; trying again");
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  });
}

function show(ok, text) {
  const box = document.createElement("div");
  box.className = ok ? "answer good" : "answer bad";
  box.setAttribute("role", ok ? "status" : "alert");
  box.textContent = text;
  answers.replaceChildren(box);
  box.scrollIntoView({ block: "nearest" });
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.action.includes("/portal/")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const buttons = [...form.querySelectorAll("button")];
  buttons.forEach((button) => { button.disabled = true; });
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const { ok, text } = await answer.json();
    show(ok, text);
    if (ok) {
      form.reset();
      form.querySelector("details")?.removeAttribute("open");
    }
    await refresh();
  } catch {
    show(false, "The bot does not answer. Nothing may have been done: look again before you repeat it.");
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
});

listen();
setInterval(() => { if (!document.hidden) refresh(); }, EVERY);
