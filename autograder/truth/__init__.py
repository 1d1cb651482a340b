"""What is known to be right and wrong: the source, its target checks as measured, known answers."""
