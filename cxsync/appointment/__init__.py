"""What an appointment is: its text, its fields, when two are the same, and what each system can hold of one. Pure."""
