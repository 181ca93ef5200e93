// The control interface; an error carries what the server said about the field at fault.

async function answered(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.message || `${response.status} ${response.statusText}`);
  return body;
}

export async function read(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given).toString();
  return answered(await fetch(text ? `${path}?${text}` : path));
}

export async function act(system, owner, action) {
  const body = JSON.stringify({ owner, ...action });
  return answered(await fetch(`/${system}/act`, { method: "POST", headers: { "Content-Type": "application/json" }, body }));
}

// Calls `changed` with each entry of the journal as it is added, and `state` with true or false for the connection.
export function follow(changed, state) {
  const stream = new EventSource("/events");
  stream.onopen = () => state(true);
  stream.onerror = () => state(false);
  stream.onmessage = (event) => changed(JSON.parse(event.data));
}
