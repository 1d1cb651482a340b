"""Grades and feedback back to learning platforms, and to tables."""
