"""A simulated class, made from the source notebooks, and its grading from end to end."""
