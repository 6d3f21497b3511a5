"""Tells learners by e-mail, once a badge."""
