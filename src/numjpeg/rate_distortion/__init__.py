"""Better pictures in the same bytes: what an encoder may choose within the format."""
