// One calendar's week: a column a day, all-day items above, overlapping items side by side, moved by the mouse.

import { addDays, minutesOf, timeOf, wallOf } from "./zoned.js";

const HOUR = 40;
let held = false;

// Whether a piece is being dragged: drawing anew would take it out of the hand.
export function isHeld() {
  return held;
}

const DAY_NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// A piece: one occurrence of an item as it stands in the grid.
export function piecesOf(items, zone) {
  return items.flatMap((item) => item.deleted ? [] : item.occurrences.map((occurrence) => ({
    item, occurrence, allDay: !occurrence.start.includes("T") || item.all_day,
    from: wallOf(occurrence.start, zone), to: wallOf(occurrence.end, zone),
  })));
}

export function drawWeek(holder, pieces, monday, today, handlers) {
  const scrolled = holder.querySelector(".hours")?.scrollTop ?? 7.5 * HOUR;
  const head = element("div", "days");
  const above = element("div", "whole-days");
  const hours = element("div", "hours");
  const scale = element("div", "scale");
  for (let hour = 1; hour < 24; hour += 1) {
    const mark = element("span", "", `${hour}:00`);
    mark.style.top = `${hour * HOUR}px`;
    scale.append(mark);
  }
  head.append(element("span"));
  above.append(element("span", "quiet", "all day"));
  hours.append(scale);
  for (let index = 0; index < 7; index += 1) {
    const date = addDays(monday, index);
    const name = element("span", date === today ? "today" : "", `${DAY_NAMES[index]} ${Number(date.slice(8))}`);
    head.append(name);
    above.append(wholeDay(pieces, date, handlers));
    hours.append(column(pieces, date, index, handlers));
  }
  holder.replaceChildren(head, above, hours);
  hours.scrollTop = scrolled;
}

function wholeDay(pieces, date, handlers) {
  const cell = element("div", "whole-day");
  for (const piece of pieces.filter((each) => each.allDay && each.from.date <= date && date < lastDay(each))) {
    cell.append(block(piece, handlers));
  }
  return cell;
}

function lastDay(piece) {
  return piece.to.date > piece.from.date ? piece.to.date : addDays(piece.from.date, 1);
}

function column(pieces, date, index, handlers) {
  const day = element("div", "day");
  day.dataset.date = date;
  day.addEventListener("click", (event) => {
    if (event.target !== day) return;
    const minutes = Math.floor((event.offsetY / HOUR) * 2) * 30;
    handlers.empty(date, timeOf(minutes));
  });
  const timed = pieces.filter((each) => !each.allDay && each.from.date <= date && date <= each.to.date)
    .map((each) => ({
      piece: each,
      top: each.from.date === date ? minutesOf(each.from.time) : 0,
      bottom: each.to.date === date ? minutesOf(each.to.time) : 24 * 60,
    })).filter((each) => each.bottom > each.top || each.piece.from.date === each.piece.to.date)
    .sort((one, other) => one.top - other.top || other.bottom - one.bottom);
  for (const group of clusters(timed)) {
    const lanes = [];
    for (const each of group) {
      let lane = lanes.findIndex((end) => end <= each.top);
      if (lane < 0) lane = lanes.push(0) - 1;
      lanes[lane] = Math.max(each.bottom, each.top + 20);
      each.lane = lane;
    }
    for (const each of group) {
      const made = block(each.piece, handlers);
      made.style.top = `${(each.top / 60) * HOUR}px`;
      made.style.height = `${Math.max(((each.bottom - each.top) / 60) * HOUR, 16) - 2}px`;
      made.style.left = `${(each.lane / lanes.length) * 100}%`;
      made.style.width = `calc(${100 / lanes.length}% - 2px)`;
      movable(made, day, index, each.piece, handlers);
      day.append(made);
    }
  }
  return day;
}

function clusters(sorted) {
  const found = [];
  let end = -1;
  for (const each of sorted) {
    if (each.top >= end) found.push([]);
    found[found.length - 1].push(each);
    end = Math.max(end, each.bottom, each.top + 20);
  }
  return found;
}

function block(piece, handlers) {
  const { item, occurrence } = piece;
  const made = element("button", "piece");
  made.type = "button";
  const marks = [item.private ? "🔒" : "", item.recurrence ? (occurrence.changed ? "≠" : "↻") : ""].join("");
  made.append(element("b", "", `${occurrence.subject || "(no subject)"} ${marks}`));
  if (!piece.allDay) made.append(element("small", "", `${piece.from.time}–${piece.to.time} ${item.location}`));
  made.title = [occurrence.subject, item.location, item.recurrence].filter(Boolean).join("\n");
  made.dataset.busy = item.busy;
  made.dataset.response = item.response ?? "";
  made.addEventListener("click", (event) => {
    event.stopPropagation();
    if (!made.dataset.moved) handlers.piece(piece);
  });
  return made;
}

// Dragging: down or up by quarters of an hour, sideways by days.
function movable(made, day, index, piece, handlers) {
  made.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const width = day.getBoundingClientRect().width;
    const from = { x: event.clientX, y: event.clientY };
    let days = 0;
    let minutes = 0;
    delete made.dataset.moved;
    held = true;
    made.setPointerCapture(event.pointerId);
    const follow = (moving) => {
      const wanted = Math.round((moving.clientX - from.x) / width);
      days = Math.max(-index, Math.min(6 - index, wanted));
      minutes = Math.round(((moving.clientY - from.y) / HOUR) * 4) * 15;
      if (days || minutes) made.dataset.moved = "yes";
      made.style.transform = `translate(${days * width}px, ${(minutes / 60) * HOUR}px)`;
    };
    const drop = (ending) => {
      held = false;
      made.removeEventListener("pointermove", follow);
      made.removeEventListener("pointerup", drop);
      made.removeEventListener("pointercancel", drop);
      made.style.transform = "";
      if (ending.type === "pointerup" && (days || minutes)) handlers.moved(piece, shifted(piece.from, days, minutes), shifted(piece.to, days, minutes));
    };
    made.addEventListener("pointermove", follow);
    made.addEventListener("pointerup", drop);
    made.addEventListener("pointercancel", drop);
  });
}

function shifted(wall, days, minutes) {
  const whole = minutesOf(wall.time) + minutes;
  const over = Math.floor(whole / (24 * 60));
  return { date: addDays(wall.date, days + over), time: timeOf(whole - over * 24 * 60) };
}

