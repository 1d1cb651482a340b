"""The open challenge: entries of students, read one character at a time."""
