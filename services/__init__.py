"""The processes of Laurel: each folder is one command line, one consumer group, one scaling rule."""
