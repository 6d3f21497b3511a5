"""Holds the private keys and secures credentials and status lists."""
