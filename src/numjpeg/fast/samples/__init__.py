"""Pixels <-> quantized coefficients, several stages in one."""
