"""A server that speaks Google Calendar API v3 and Google's OAuth 2.0, in memory."""
