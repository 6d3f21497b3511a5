"""The operator's command, `laurel`."""
