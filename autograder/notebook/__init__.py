"""What a notebook uses besides NumPy: the text, training budgets, progress and pictures."""
