"""The only writer of credentials, status facts and status lists."""
