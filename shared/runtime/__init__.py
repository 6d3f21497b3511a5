"""How a service runs. Written once."""
