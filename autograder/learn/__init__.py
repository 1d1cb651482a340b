"""`autograder learn`: one person gets what a class gets."""
