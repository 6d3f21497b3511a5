"""The Open Badges vocabulary and its rules. Pure."""
