"""A package, so that the running site ends with its last test."""
