// Shows each state the lab pushes, and posts what the buttons ask for.

const STATES = {
  healthy: ["good", "Healthy"],
  refuses: ["bad", "Refuses connections"],
  defers: ["bad", "Defers everything"],
  loses: ["bad", "Accepts and loses"],
  slow: ["warn", "Slow"],
};
const BOOKS = [
  ["sent", "Sent"],
  ["in_primary", "In primary"],
  ["outstanding", "On the way"],
  ["copied_back", "Copied back"],
  ["duplicates", "Copies dropped"],
  ["lost", "Lost"],
];
const byId = (id) => document.getElementById(id);
const cards = new Map();

function element(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

function setText(node, text) {
  if (node.textContent !== String(text)) node.textContent = text;
}

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const document = await answer.json();
  byId("notice").textContent = answer.ok ? "" : document.error;
  return answer.ok;
}

function showSite(id, counts, tone, state) {
  const site = byId(id);
  site.dataset.tone = tone;
  for (const node of site.querySelectorAll("[data-count]")) setText(node, counts[node.dataset.count]);
  const line = site.querySelector("[data-state]");
  if (line) setText(line, state);
}

function showMail({ sites, route, books }) {
  showSite("outside", sites.outside, "plain", "");
  const { waiting } = sites.gateway;
  showSite("gateway", sites.gateway, waiting > 3 ? "warn" : "good", waiting > 3 ? "Holding" : "Passing");
  for (const id of ["primary", "standby"]) {
    const [tone, words] = STATES[sites[id].mode];
    const draining = id === "standby" && books.draining;
    showSite(id, sites[id], draining ? "warn" : tone, draining ? "Copies mail back" : words);
    const on = route === id;
    byId(`to-${id}`).classList.toggle("on", on);
    const line = byId(id).querySelector("[data-route]");
    line.classList.toggle("on", on);
    setText(line, on ? "Mail goes here" : "No mail is sent here");
  }
  setText(byId("copied"), books.copied_back);
  for (const button of document.querySelectorAll("[data-mode]")) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === sites.primary.mode));
  }
}

function showBooks(books) {
  const list = byId("books");
  if (!list.children.length) {
    for (const [name, label] of BOOKS) {
      const cell = document.createElement("div");
      const figure = element("dd", "0");
      figure.dataset.book = name;
      cell.append(element("dt", label), figure);
      list.append(cell);
    }
  }
  for (const node of list.querySelectorAll("[data-book]")) setText(node, books[node.dataset.book]);
  const verdict = byId("verdict");
  verdict.classList.toggle("bad", !books.balanced || books.lost > 0);
  const lost = books.lost ? ` The primary accepted ${books.lost} and lost them.` : "";
  setText(verdict, books.balanced ? `Every letter is accounted for.${lost}` : "The sums do not agree.");
}

function newCard(phone) {
  const card = byId("phone").content.firstElementChild.cloneNode(true);
  card.querySelector("b").textContent = phone.name;
  card.open = phone.admin;
  card.querySelector(".number").textContent = phone.number;
  const form = card.querySelector("form");
  const reply = (text) => post(`/lab/phones/${phone.id}/reply`, { text });
  for (const button of form.querySelectorAll("[data-text]")) {
    button.setAttribute("aria-label", `${phone.name} replies ${button.dataset.text}`);
    button.addEventListener("click", () => reply(button.dataset.text));
  }
  form.elements.text.setAttribute("aria-label", `Text from ${phone.name}`);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { text } = form.elements;
    if (text.value.trim() && (await reply(text.value.trim()))) text.value = "";
  });
  byId("phones").append(card);
  return { card, shown: "" };
}

function showPhone(phone) {
  if (!cards.has(phone.id)) cards.set(phone.id, newCard(phone));
  const known = cards.get(phone.id);
  const now = JSON.stringify(phone);
  if (known.shown === now) return;
  known.shown = now;
  const mark = phone.switched_off ? "Switched off" : phone.opted_out ? "Opted out (STOP)" : "";
  setText(known.card.querySelector(".mark"), mark);
  const last = phone.thread.at(-1);
  setText(known.card.querySelector(".newest"), last ? `${last.mine ? "Replied: " : ""}${last.text}` : "No messages");
  known.card.classList.toggle("replied", Boolean(last?.mine));
  const bubbles = phone.thread.map((sms) => element("p", sms.text, sms.mine ? "mine" : ""));
  if (phone.unseen) bubbles.unshift(element("p", `${phone.unseen} earlier`, "none"));
  if (!bubbles.length) bubbles.push(element("p", "No messages", "none"));
  known.card.querySelector(".thread").replaceChildren(...bubbles);
}

function showCarrier(carrier) {
  const fault = carrier.fault === "none" ? "" : ` The carrier's API fails: ${carrier.fault}.`;
  const waiting = carrier.queued + carrier.sent;
  setText(
    byId("carrier"),
    `${carrier.delivered} texts delivered, ${waiting} on the way, ${carrier.undelivered} not delivered.${fault}`,
  );
}

function showLetters(letters) {
  const items = letters.map((letter) => {
    const item = element("li", letter.subject);
    item.prepend(element("span", `${letter.to}, ${new Date(letter.at).toLocaleTimeString()}`));
    return item;
  });
  byId("letters").replaceChildren(...(items.length ? items : [element("li", "Nothing yet", "none")]));
}

function show(state) {
  showMail(state);
  showBooks(state.books);
  showCarrier(state.carrier);
  state.phones.forEach(showPhone);
  showLetters(state.private_mail);
  byId("kill").hidden = !state.bot.killable;
}

for (const button of document.querySelectorAll("[data-mode]")) {
  button.addEventListener("click", () => post("/lab/primary", { mode: button.dataset.mode }));
}
byId("kill").addEventListener("click", async () => {
  if (await post("/lab/bot/kill", {})) byId("notice").textContent = "The bot was killed.";
});

const events = new EventSource("/lab/events");
events.addEventListener("open", () => setText(byId("link"), "live"));
events.addEventListener("error", () => setText(byId("link"), "not connected"));
events.addEventListener("state", (event) => show(JSON.parse(event.data)));
