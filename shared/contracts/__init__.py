"""What services say to each other: events, topics, stored documents, identities. Pure."""
