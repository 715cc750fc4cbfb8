"""A believable marketplace for development, made through the real verbs with a moving clock."""
