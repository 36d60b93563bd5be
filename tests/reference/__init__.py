"""Slow, short, literal oracles, written from the standard's text and libjpeg's documented arithmetic, scalar by scalar.

Nothing here imports numjpeg or NumPy; nothing in src imports this.
"""
