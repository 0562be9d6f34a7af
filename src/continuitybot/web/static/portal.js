// The portal page without a reload: whatever changes is fetched again and put in its place.
"use strict";

const query = document.body.dataset.who;
const linkState = document.querySelector(".link-state");
let busy = false;

async function refresh() {
  if (busy || document.activeElement?.matches("input, textarea, select")) return;
  if (document.querySelector("#live details[open]")) return;
  busy = true;
  try {
    const answer = await fetch(window.location.href);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("#live").replaceWith(fresh.querySelector("#live"));
    linkState.textContent = "Live";
    linkState.dataset.state = "live";
  } catch {
    linkState.textContent = "The bot does not answer; trying again";
    linkState.dataset.state = "away";
  } finally {
    busy = false;
  }
}

const events = new EventSource(`/console/events?${query}`);
events.addEventListener("changed", refresh);
events.addEventListener("error", refresh);

document.addEventListener("submit", async (event) => {
  if (!event.target.action.includes("/console/say")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target, event.submitter));
  const answer = await fetch(event.target.action, { method: "POST", body, headers: { Accept: "application/json" } });
  const { text } = await answer.json();
  linkState.textContent = text.split("\n")[0];
  event.target.closest("details")?.removeAttribute("open");
  setTimeout(refresh, 300);
});
