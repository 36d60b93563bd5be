"""Edits of a picture by its coefficients: turned, cropped, put together, requantized, without pixels."""
