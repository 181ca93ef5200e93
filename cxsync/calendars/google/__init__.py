"""Google Calendar: the client, and the pure functions from its events to appointments and back."""
