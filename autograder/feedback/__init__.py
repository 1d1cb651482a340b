"""Autograded to feedback: a page for each student and assignment, and its way to the student."""
