"""Achievements and earning criteria as a designer writes them. Pure."""
