// The people page: three calendars of one person, followed live.

import { act, follow, read } from "./control.js";
import { openNew, openPiece } from "./editor.js";
import { drawWeek, element, isHeld, piecesOf } from "./week.js";
import { addDays, isoAt, mondayOf, wallOf } from "./zoned.js";

const TITLES = { carerix: "Carerix", exchange: "Outlook", google: "Google" };
const ZONES = ["Europe/Amsterdam", "Europe/London", "America/New_York", "UTC"];
const SHOWN = 12;
const state = { systems: {}, owners: {}, zone: ZONES[0], monday: "", today: "" };
const at = (id) => document.getElementById(id);

function complain(error) {
  at("problem").textContent = error ? error.message : "";
  at("problem").hidden = !error;
}

async function start() {
  state.systems = await read("/systems");
  await tick();
  state.monday = mondayOf(state.today);
  at("zone").append(...ZONES.map((zone) => new Option(zone, zone)));
  const people = new Map();
  for (const [system, about] of Object.entries(state.systems)) {
    for (const user of about.users) {
      const person = people.get(user.person) ?? { name: user.name, owners: {} };
      person.owners[system] ??= user.owner;
      people.set(user.person, person);
    }
    at("calendars").append(panel(system, about.users));
  }
  at("person").append(...[...people].map(([key, person]) => new Option(person.name, key)));
  at("person").addEventListener("change", () => choose(people.get(at("person").value)));
  at("zone").addEventListener("change", () => { state.zone = at("zone").value; drawAll(); });
  at("earlier").addEventListener("click", () => turn(-7));
  at("later").addEventListener("click", () => turn(7));
  at("today").addEventListener("click", () => { state.monday = mondayOf(state.today); drawAll(); });
  choose([...people.values()][0]);
  follow(noticed, (on) => {
    at("live").dataset.state = on ? "on" : "off";
    at("live").textContent = on ? "live" : "not connected";
    if (on) drawAll();
  });
  setInterval(() => tick().catch(complain), 10000);
}

async function tick() {
  const { now } = await read("/clock");
  const wall = wallOf(now, state.zone);
  state.today = wall.date;
  at("clock").textContent = `${wall.date} ${wall.time}`;
}

function panel(system, users) {
  const section = element("section", `calendar ${system}`);
  section.id = system;
  const title = element("h2", "", TITLES[system] ?? system);
  const owner = element("select");
  owner.setAttribute("aria-label", `${TITLES[system] ?? system} user`);
  owner.append(new Option("nobody", ""), ...users.map((user) => new Option(`${user.name} (${user.owner})`, user.owner)));
  owner.addEventListener("change", () => { state.owners[system] = owner.value; draw(system); });
  const create = element("button", "", "New");
  create.addEventListener("click", () => openNew({ ...placeOf(system), date: state.today, time: "09:00" }));
  const bar = element("div", "bar");
  bar.append(title, owner, create);
  const deleted = element("details", "deleted");
  deleted.append(element("summary", "", "Deleted"), element("ul"));
  section.append(bar, element("div", "week"), deleted);
  return section;
}

function placeOf(system) {
  return { system, owner: state.owners[system], zone: state.zone, title: TITLES[system] ?? system };
}

function choose(person) {
  for (const system of Object.keys(state.systems)) {
    state.owners[system] = person?.owners[system] ?? "";
    at(system).querySelector("select").value = state.owners[system];
  }
  drawAll();
}

function turn(days) {
  state.monday = addDays(state.monday, days);
  drawAll();
}

function drawAll() {
  at("week").textContent = `${state.monday} – ${addDays(state.monday, 6)}`;
  for (const system of Object.keys(state.systems)) draw(system);
  witnesses().catch(complain);
}

async function draw(system) {
  const owner = state.owners[system];
  const section = at(system);
  section.classList.toggle("nobody", !owner);
  const range = { start: isoAt(state.monday, "00:00", state.zone), end: isoAt(addDays(state.monday, 7), "00:00", state.zone) };
  try {
    const items = owner ? await read(`/${system}/items`, { owner, ...range }) : [];
    if (owner !== state.owners[system]) return;
    const place = placeOf(system);
    drawWeek(section.querySelector(".week"), piecesOf(items, state.zone), state.monday, state.today, {
      empty: (date, time) => owner && openNew({ ...place, date, time }),
      piece: (piece) => openPiece(place, piece),
      moved: (piece, from, to) => move(system, owner, piece, from, to),
    });
    drawDeleted(section, system, owner, items.filter((item) => item.deleted));
    complain(null);
  } catch (error) {
    complain(error);
  }
}

function drawDeleted(section, system, owner, items) {
  section.querySelector("summary").textContent = `Deleted (${items.length})`;
  section.querySelector(".deleted ul").replaceChildren(...items.map((item) => {
    const row = element("li", "", `${item.subject || "(no subject)"}, ${item.start ?? ""} `);
    const back = element("button", "", "Restore");
    back.addEventListener("click", () => attempt(system, owner, { action: "restore", item: item.id }));
    row.append(back);
    return row;
  }));
}

function move(system, owner, piece, from, to) {
  const times = { start: isoAt(from.date, from.time, state.zone), end: isoAt(to.date, to.time, state.zone) };
  const item = piece.item.id;
  const single = { action: "move", item, ...times };
  const one = { action: "move-occurrence", item, occurrence: piece.occurrence.original, ...times };
  attempt(system, owner, piece.item.recurrence ? one : single);
}

async function attempt(system, owner, action) {
  try {
    await act(system, owner, action);
    complain(null);
  } catch (error) {
    await draw(system);
    complain(error);
  }
}

const waiting = new Map();

function refresh(system) {
  if (isHeld()) {
    waiting.set(system, setTimeout(() => refresh(system), 300));
    return;
  }
  waiting.delete(system);
  draw(system);
  witnesses().catch(complain);
}

function noticed(entry) {
  if (!waiting.has(entry.system)) waiting.set(entry.system, setTimeout(() => refresh(entry.system), 100));
  const row = element("li", entry.channel);
  const wall = wallOf(entry.at, state.zone);
  const subject = entry.content.subject ?? entry.content.summary ?? entry.item;
  row.textContent = `${wall.time} ${TITLES[entry.system] ?? entry.system}: ${entry.author} (${entry.channel}) ${entry.action} “${subject}”`;
  at("journal").prepend(row);
  while (at("journal").children.length > SHOWN) at("journal").lastChild.remove();
}

async function witnesses() {
  const mails = await read("/mails");
  at("mails").replaceChildren(...mails.slice(-SHOWN).reverse().map((mail) =>
    element("li", mail.channel, `${wallOf(mail.at, state.zone).time} ${mail.kind} to ${mail.to}: “${mail.subject}”`)));
}

start().catch(complain);
