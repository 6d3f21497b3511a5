"""The main job, shown: events in, badges out, and proof that it is so."""
