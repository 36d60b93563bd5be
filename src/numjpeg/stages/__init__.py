"""The steps of the codec, one module each: pure functions on arrays, no I/O, no state."""
