"""The best picture per byte that an ordinary JPEG file can carry: only the encoder thinks harder."""
