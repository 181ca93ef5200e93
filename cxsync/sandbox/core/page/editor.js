// The dialog in which a person creates, changes and deletes; it sends only what was changed.

import { act } from "./control.js";
import { element } from "./week.js";
import { addDays, isoAt, timeOf, minutesOf, wallOf } from "./zoned.js";

const WEEKDAYS = ["mo", "tu", "we", "th", "fr", "sa", "su"];
const WORDS = {
  accept: "Accept", tentative: "Tentative", decline: "Decline", cancel: "Cancel the meeting",
  "dismiss-reminder": "Dismiss reminder", "move-folder": "Move to…", archive: "Archive",
};
const dialog = document.getElementById("editor");
const form = document.getElementById("form");
const problem = document.getElementById("form-problem");
const fields = form.elements;
let open = null;

for (const day of WEEKDAYS) {
  const label = element("label", "inline");
  const box = element("input");
  box.type = "checkbox";
  box.name = "weekday";
  box.value = day;
  label.append(box, ` ${day}`);
  document.getElementById("weekdays").append(label);
}

function show(id, visible) {
  document.getElementById(id).hidden = !visible;
}

function place(start, end, allDay) {
  fields.all_day.checked = allDay;
  [fields.from_date.value, fields.from_time.value] = [start.date, start.time];
  const last = allDay ? addDays(end.date, -1) : end.date;
  [fields.to_date.value, fields.to_time.value] = [last < start.date ? start.date : last, end.time];
  timesShown();
}

function timesShown() {
  fields.from_time.hidden = fields.to_time.hidden = fields.all_day.checked;
}

function ruleShown() {
  show("rule-fields", fields.with_rule.checked);
  const frequency = fields.frequency.value;
  fields.nth.closest("label").hidden = !frequency.endsWith("nth");
  show("weekdays", frequency === "weekly" || frequency.endsWith("nth"));
}

export function openNew(place_) {
  const { system, owner, zone, date, time } = place_;
  form.reset();
  open = { system, owner, zone, piece: null };
  document.getElementById("editor-title").textContent = `New in ${place_.title}`;
  place({ date, time }, { date, time: timeOf(minutesOf(time) + 60) }, false);
  fields.busy.value = "busy";
  fields.until.value = addDays(date, 90);
  show("scope", false);
  show("remove", false);
  more([]);
  finish("Repeat", "");
}

export function openPiece(place_, piece) {
  const { item } = piece;
  form.reset();
  open = { system: place_.system, owner: place_.owner, zone: place_.zone, piece };
  document.getElementById("editor-title").textContent = `${item.subject || "(no subject)"} in ${place_.title}`;
  fields.subject.value = piece.occurrence.subject ?? item.subject;
  fields.location.value = item.location;
  fields.notes.value = item.notes;
  fields.private.checked = item.private;
  fields.busy.value = item.busy;
  place(piece.from, piece.to, piece.allDay);
  fields.until.value = addDays(piece.from.date, 90);
  show("scope", Boolean(item.recurrence));
  show("remove", true);
  const answers = ["accept", "tentative", "decline"];
  const own = place_.system === "carerix" ? [] : ["cancel", "move-folder", "archive"];
  more([...(item.response ? answers : []), "dismiss-reminder", ...own]);
  if (place_.system === "carerix") fields.scope.value = "all"; // Carerix knows no exceptions
  finish(item.recurrence ? "Change the rule of the whole series" : "Make it a series", item.recurrence || "");
}

function finish(legend, rule) {
  document.getElementById("rule-legend").textContent = legend;
  document.getElementById("present-rule").textContent = rule ? `Repeats: ${rule}` : "";
  problem.hidden = true;
  ruleShown();
  open.before = fieldsNow();
  dialog.showModal();
  fields.subject.focus();
}

function more(actions) {
  document.getElementById("more").replaceChildren(...actions.map((name) => {
    const button = element("button", "", WORDS[name]);
    button.type = "button";
    button.addEventListener("click", () => send(() => named(name)));
    return button;
  }));
}

function named(name) {
  const action = { action: name, item: open.piece.item.id };
  if (name !== "move-folder") return action;
  const folder = window.prompt("Name of the folder or calendar to move it to");
  return folder ? { ...action, folder } : null;
}

function scope() {
  return open.piece?.item.recurrence ? fields.scope.value : "single";
}

function fieldsNow() {
  const allDay = fields.all_day.checked;
  const end = allDay ? addDays(fields.to_date.value, 1) : fields.to_date.value;
  return {
    subject: fields.subject.value, location: fields.location.value, notes: fields.notes.value,
    private: fields.private.checked, busy: fields.busy.value, all_day: allDay,
    start: allDay ? fields.from_date.value : isoAt(fields.from_date.value, fields.from_time.value, open.zone),
    end: allDay ? end : isoAt(fields.to_date.value, fields.to_time.value, open.zone),
    reminder: fields.reminder.value, guests: fields.guests.value.trim(),
  };
}

function ruleNow() {
  const frequency = fields.frequency.value;
  const rule = { frequency, interval: Number(fields.interval.value) };
  const days = [...form.querySelectorAll("[name=weekday]:checked")].map((box) => box.value);
  const first = new Date(`${fields.from_date.value}T00:00:00Z`);
  const weekday = WEEKDAYS[(first.getUTCDay() + 6) % 7];
  if (frequency === "weekly" || frequency.endsWith("nth")) rule.weekdays = days.length ? days : [weekday];
  if (frequency === "monthly" || frequency === "yearly") rule.day = first.getUTCDate();
  if (frequency.startsWith("yearly")) rule.month = first.getUTCMonth() + 1;
  if (frequency.endsWith("nth")) rule.nth = Number(fields.nth.value);
  if (fields.ends.value === "count") rule.count = Number(fields.count.value);
  if (fields.ends.value === "until") rule.until = fields.until.value;
  return rule;
}

function changes() {
  const now = fieldsNow();
  const changed = {};
  for (const [name, value] of Object.entries(now)) {
    if (open.piece === null ? value !== "" : value !== open.before[name]) changed[name] = value;
  }
  if (open.piece !== null && ("start" in changed || "end" in changed || "all_day" in changed)) {
    Object.assign(changed, { start: now.start, end: now.end });
  }
  if ("reminder" in changed) changed.reminder = Number(changed.reminder);
  if ("guests" in changed) changed.guests = changed.guests.split(",").map((each) => each.trim()).filter(Boolean);
  if (!now.all_day && changed.all_day === false && open.piece === null) delete changed.all_day;
  return changed;
}

function saved() {
  const changed = changes();
  if (fields.with_rule.checked) changed.rule = ruleNow();
  if (open.piece === null) return { action: "create", ...changed };
  if (!Object.keys(changed).length) return null;
  const item = open.piece.item.id;
  const occurrence = open.piece.occurrence.original;
  const onlyTime = Object.keys(changed).every((name) => name === "start" || name === "end");
  switch (scope()) {
    case "one": return { action: onlyTime ? "move-occurrence" : "change-occurrence", item, occurrence, ...changed };
    case "following": return { action: "this-and-following", item, occurrence, ...changed };
    case "all": return { action: changed.rule ? "change-rule" : "update", item, ...wholeSeries(changed) };
    default: return { action: changed.rule ? "make-series" : onlyTime ? "move" : "update", item, ...changed };
  }
}

// The dialog shows one occurrence; for the whole series the first one is moved by as much.
function wholeSeries(changed) {
  if (!("start" in changed) || !changed.start.includes("T")) return changed;
  const by = Date.parse(changed.start) - Date.parse(open.before.start);
  const longer = Date.parse(changed.end) - Date.parse(changed.start);
  const start = new Date(Date.parse(open.piece.item.start) + by);
  const [from, to] = [start, new Date(start.getTime() + longer)].map((each) => wallOf(each.toISOString(), open.zone));
  return { ...changed, start: isoAt(from.date, from.time, open.zone), end: isoAt(to.date, to.time, open.zone) };
}

function removed() {
  const item = open.piece.item.id;
  const occurrence = open.piece.occurrence.original;
  switch (scope()) {
    case "one": return { action: "delete-occurrence", item, occurrence };
    case "following":
      if (open.system !== "google") throw new Error("Only Google can do that; here, change the rule so that it ends before.");
      return { action: "this-and-following", item, occurrence, extra: { delete: true } };
    default: return { action: "delete", item };
  }
}

async function send(make) {
  try {
    const action = make();
    if (action === null) return dialog.close();
    await act(open.system, open.owner, action);
    dialog.close();
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  }
  return undefined;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send(saved);
});
form.addEventListener("change", () => {
  timesShown();
  ruleShown();
});
document.getElementById("remove").addEventListener("click", () => send(removed));
document.getElementById("close").addEventListener("click", () => dialog.close());
