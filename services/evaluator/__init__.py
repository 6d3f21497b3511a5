"""Judges learners' activities against earning criteria and records awards."""
