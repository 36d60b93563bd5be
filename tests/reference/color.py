"""JFIF's colour equations per pixel, in libjpeg's 16-bit fixed point."""

from fractions import Fraction


def _fix(weight: str) -> int:
    """The multiple of 2^-16 nearest to a weight (none is a tie)."""
    return round(Fraction(weight) * 65536)


Y = (_fix("0.299"), _fix("0.587"), _fix("0.114"))
CB = (-_fix("0.16874"), -_fix("0.33126"), _fix("0.5"))
CR = (_fix("0.5"), -_fix("0.41869"), -_fix("0.08131"))
CR_R, CB_G, CR_G, CB_B = _fix("1.402"), -_fix("0.34414"), -_fix("0.71414"), _fix("1.772")


def rgb_to_ycbcr(r: int, g: int, b: int) -> tuple[int, int, int]:
    """Y rounds half up; Cb and Cr round half down."""
    y = (Y[0] * r + Y[1] * g + Y[2] * b + 32768) // 65536
    cb = (CB[0] * r + CB[1] * g + CB[2] * b + 128 * 65536 + 32767) // 65536
    cr = (CR[0] * r + CR[1] * g + CR[2] * b + 128 * 65536 + 32767) // 65536
    return y, cb, cr


def rgb_offsets(cb: int, cr: int) -> tuple[int, int, int]:
    """What R, G, B have more than Y."""
    red = (CR_R * (cr - 128) + 32768) // 65536
    green = (CB_G * (cb - 128) + CR_G * (cr - 128) + 32768) // 65536
    blue = (CB_B * (cb - 128) + 32768) // 65536
    return red, green, blue


def ycbcr_to_rgb(y: int, cb: int, cr: int) -> tuple[int, int, int]:
    red, green, blue = (min(max(y + offset, 0), 255) for offset in rgb_offsets(cb, cr))
    return red, green, blue
