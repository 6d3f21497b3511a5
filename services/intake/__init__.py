"""Receives LMS events in their own dialects and publishes learning activities."""
