"""The checks that notebooks call: the same functions in a student's kernel and in sealed grading."""
