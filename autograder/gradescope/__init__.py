"""The zip with which Gradescope grades an assignment as `autograder grade` does (docs/gradescope.md)."""
