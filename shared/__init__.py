"""What services share: the vocabulary, their contracts, the catalogue and the runtime."""
