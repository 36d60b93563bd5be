"""Better pictures in the same bytes: what an encoder may choose, and what a decoder may infer."""
