"""A new assignment, and a new course around it, from a starter that works at once."""
