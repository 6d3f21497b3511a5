"""The public, read-only HTTP face: badge pages, files, verification."""
