"""The newcomer's run: broker, store, mail sink and every service as child processes."""
