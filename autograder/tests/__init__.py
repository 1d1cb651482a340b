import autograder.quick  # noqa: F401
