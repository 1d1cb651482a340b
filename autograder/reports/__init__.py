"""From the results of a grading to a table in the terminal, a page and a file."""
