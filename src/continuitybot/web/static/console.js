// The console without a reload: new and edited messages arrive while the page is open. Without
// this script the page still works: forms post and the answer is a page.
"use strict";

const feed = document.querySelector("#feed");
const page = document.body.dataset;
const linkState = document.querySelector(".link-state");
const input = document.querySelector("#command");
const history = [];
let place = 0;
let newest = Number(page.newest || 0);
let fetching = false;
let again = false;

const nearEnd = () => feed.scrollHeight - feed.scrollTop - feed.clientHeight < 160;
const toEnd = () => { feed.scrollTop = feed.scrollHeight; };

function show(message) {
  const holder = document.createElement("template");
  holder.innerHTML = message.html.trim();
  const fresh = holder.content.firstElementChild;
  const old = document.getElementById(fresh.id);
  if (old) {
    if (old.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return;
    old.replaceWith(fresh);
  } else {
    feed.querySelector(".empty")?.remove();
    feed.append(fresh);
  }
}

async function refresh() {
  if (fetching) { again = true; return; }
  fetching = true;
  try {
    do {
      again = false;
      const answer = await fetch(`/console/feed?${page.who}&after=${newest}`);
      if (!answer.ok) throw new Error(String(answer.status));
      const news = await answer.json();
      const follow = nearEnd();
      news.messages.forEach(show);
      newest = news.newest;
      if (follow && news.messages.length) toEnd();
    } while (again);
    connected(true);
  } catch {
    connected(false);
  } finally {
    fetching = false;
  }
}

function connected(yes) {
  linkState.dataset.state = yes ? "live" : "away";
  linkState.textContent = yes ? "Connected" : "The bot does not answer; trying again";
}

function listen() {
  const events = new EventSource(`/console/events?${page.who}`);
  events.addEventListener("open", refresh);
  events.addEventListener("changed", refresh);
  events.addEventListener("error", () => {
    connected(false);
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 1000);
  });
}

async function send(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  const buttons = [...form.querySelectorAll("button")];
  buttons.forEach((button) => { button.disabled = true; });
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok && answer.status >= 500) throw new Error(String(answer.status));
    if (form.id === "composer") form.reset();
    await refresh();
    toEnd();
  } catch {
    connected(false);
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.action.includes("/console/say")) return;
  event.preventDefault();
  const submitter = event.submitter;
  const question = submitter?.dataset.confirm || form.dataset.confirm;
  if (question && !window.confirm(question)) return;
  if (form.id === "composer" && input.value.trim()) { history.push(input.value); place = history.length; }
  send(form, submitter);
});

document.addEventListener("click", (event) => {
  const hint = event.target.closest("[data-fill]");
  if (!hint) return;
  input.value = hint.dataset.fill;
  input.focus();
});

input?.addEventListener("keydown", (event) => {
  if (event.key === "ArrowUp" && place > 0) { place -= 1; input.value = history[place]; event.preventDefault(); }
  if (event.key === "ArrowDown" && place < history.length) { place += 1; input.value = history[place] || ""; event.preventDefault(); }
});

toEnd();
listen();
