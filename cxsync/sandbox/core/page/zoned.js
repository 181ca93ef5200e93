// Moments as a wall clock shows them in a time zone, and back.

const formats = new Map();

function format(zone) {
  if (!formats.has(zone)) {
    formats.set(zone, new Intl.DateTimeFormat("en-CA", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit",
    }));
  }
  return formats.get(zone);
}

// {date: "2026-03-02", time: "09:00"} of an ISO moment; a bare date is that date at midnight.
export function wallOf(iso, zone) {
  if (!iso.includes("T")) return { date: iso, time: "00:00" };
  const parts = Object.fromEntries(format(zone).formatToParts(new Date(iso)).map((part) => [part.type, part.value]));
  return { date: `${parts.year}-${parts.month}-${parts.day}`, time: `${parts.hour}:${parts.minute}` };
}

function offsetAt(moment, zone) {
  const parts = Object.fromEntries(format(zone).formatToParts(moment).map((part) => [part.type, part.value]));
  const shown = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  return Math.round((shown - Math.floor(moment.getTime() / 1000) * 1000) / 60000);
}

// ISO with offset for a wall clock in a zone.
export function isoAt(date, time, zone) {
  const wall = Date.parse(`${date}T${time}:00Z`);
  const first = offsetAt(new Date(wall), zone);
  const offset = offsetAt(new Date(wall - first * 60000), zone);
  const sign = offset < 0 ? "-" : "+";
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${date}T${time}:00${sign}${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
}

export function addDays(date, days) {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86400000).toISOString().slice(0, 10);
}

export function daysBetween(first, last) {
  return Math.round((Date.parse(`${last}T00:00:00Z`) - Date.parse(`${first}T00:00:00Z`)) / 86400000);
}

export function mondayOf(date) {
  const weekday = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
  return addDays(date, -weekday);
}

export function minutesOf(time) {
  const [hours, minutes] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

export function timeOf(minutes) {
  const inDay = Math.max(0, Math.min(minutes, 24 * 60 - 1));
  return `${String(Math.floor(inDay / 60)).padStart(2, "0")}:${String(inDay % 60).padStart(2, "0")}`;
}
