"""Mails to users: what each says, how it is put together, how it is handed to a mail server."""
