"""The fast, fused forms of stages and scans. Without this room everything works as before, but more slowly."""
