"""The commands, one file each: its docstring is its help, `add_to` gives it arguments, `run` does it."""
