"""Estimates that a decoder may make of what the file does not say."""
