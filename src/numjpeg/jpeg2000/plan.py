"""The plan of a file: the encoder's arguments are checked and turned into the parameters that markers state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_flags, check_shown
from numjpeg.jpeg2000.block_coding.contexts import HIGH_THROUGHPUT
from numjpeg.jpeg2000.container import progression as orders
from numjpeg.jpeg2000.container.codestream import CodingStyle, ComponentSize, Size, TileStyle

PART_15 = 1 << 14  # flag in Rsiz: the file needs T.814


class Target(NamedTuple):
    """What the file should reach: a size, a PSNR, or neither, which means lossless."""

    size: int | None  # bytes of the whole file at most
    psnr: float | None  # dB at least

    @property
    def lossless(self) -> bool:
        """Whether the decoded picture must equal the original."""
        return self.size is None and self.psnr is None


def checked_image(image: Any) -> NDArray[Any]:
    """The picture as an array ``(H, W, channels)`` of native byte order."""
    check_shown("image", image)
    mode = getattr(image, "mode", None)
    if isinstance(mode, str) and mode.partition(";")[0] not in ("L", "LA", "RGB", "RGBA", "I"):
        advice = "L" if mode in ("1", "La", "F") else "RGB"
        raise ValueError(f'image: Pillow\'s mode {mode!r} is not encoded; use image.convert("{advice}")')
    array = np.asarray(image)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype not in (np.uint8, np.uint16, np.int8, np.int16):
        raise TypeError(f"image: integers of 8 or 16 bits expected, got {array.dtype}")
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or not 1 <= array.shape[2] <= 4 or array.size == 0:
        raise ValueError(f"image: (H, W) or (H, W, 1 to 4) expected, got {np.shape(image)}")
    return array


def checked_precision(samples: NDArray[Any], precision: Any) -> int:
    """Bits of a sample. ValueError if a sample needs more."""
    type_bits = samples.dtype.itemsize * 8
    bits = type_bits if precision is None else whole_number(precision, "precision", 1, type_bits)
    signed = samples.dtype.kind == "i"
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    if bits < type_bits and not low <= int(samples.min()) <= int(samples.max()) <= high:
        raise ValueError(f"image: {samples.min()} .. {samples.max()}, but {bits} bits hold {low} .. {high}")
    return bits


def whole_number(value: Any, name: str, low: int, high: int | None = None) -> int:
    """Check that an argument is an integer from ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: an integer expected, got {value!r}")
    if value < low or (high is not None and value > high):
        raise ValueError(f"{name}: {value} is not in {low}..{'' if high is None else high}")
    return int(value)


def make_target(
    samples: NDArray[Any],
    lossless: bool | None,
    bits_per_pixel: float | None,
    target_psnr: float | None,
    target_bytes: int | None,
) -> Target:
    """The target that the arguments state: at most one of them may do so."""
    named = {"bits_per_pixel": bits_per_pixel, "target_psnr": target_psnr, "target_bytes": target_bytes}
    given = [name for name, value in named.items() if value is not None]
    if lossless is not None:
        check_flags(lossless=lossless)
    if target_bytes is not None:
        target_bytes = whole_number(target_bytes, "target_bytes", 1)
    if len(given) + bool(lossless) > 1:
        raise ValueError(f"{given[0]}: only one of lossless and the targets can be asked for")
    if lossless is False and not given:
        raise ValueError("lossless: False needs bits_per_pixel, target_psnr or target_bytes")
    for name in given:
        value = named[name]
        if not isinstance(value, int | float | np.number) or isinstance(value, bool):
            raise TypeError(f"{name}: a number expected, got {value!r}")
        if not 0 < float(value) < math.inf:
            raise ValueError(f"{name}: {value} is not a positive number")
    if bits_per_pixel is not None:
        return Target(int(bits_per_pixel * samples.shape[0] * samples.shape[1] / 8), None)
    return Target(None if target_bytes is None else int(target_bytes), target_psnr)


@dataclass(frozen=True)
class Plan:
    """Everything that the markers state, except the quantization steps."""

    size: Size
    style: TileStyle
    target: Target
    depth: int
    workers: int  # how many processes encode code-blocks
    tile_lengths: bool = False  # whether the main header lists the lengths of all tile-parts (TLM)

    @property
    def reversible(self) -> bool:
        """Whether the wavelet works on integers."""
        return self.style.components.reversible

    @property
    def signed(self) -> bool:
        """Whether samples are signed, so that they are not level-shifted."""
        return self.size.components[0].signed

    @property
    def high_throughput(self) -> bool:
        """Whether code-blocks are coded by T.814."""
        return self.style.components.block_style == HIGH_THROUGHPUT


def make_plan(
    samples: NDArray[Any],
    target: Target,
    *,
    reversible: bool | None,
    layers: int,
    progression: str,
    tile_size: tuple[int, int] | None,
    levels: int,
    code_block_size: tuple[int, int],
    high_throughput: bool,
    workers: int,
    precision: int | None = None,
    transforms: bool | None = None,
    tile_lengths: bool = False,
) -> Plan:
    """The plan that the arguments describe. ValueError if they contradict each other."""
    height, width, channels = samples.shape
    depth = checked_precision(samples, precision)
    transforms = channels >= 3 if transforms is None else bool(transforms)
    if transforms and channels < 3:
        raise ValueError(f"component_transform: of three channels or more, not of {channels}")
    if reversible is None:
        reversible = target.lossless
    if target.lossless and not reversible:
        raise ValueError("reversible: a lossless file needs the reversible wavelet")
    if high_throughput and (layers > 1 or (reversible and not target.lossless)):
        name = "layers" if layers > 1 else "reversible"
        raise ValueError(f"{name}: high-throughput code-blocks cannot be cut")
    if progression not in orders.NAMES:
        raise ValueError(f"progression: one of {', '.join(orders.NAMES)} expected, got {progression!r}")
    order = orders.NAMES.index(progression)
    tile_height, tile_width = (height, width) if tile_size is None else _pair(tile_size, "tile_size", 1, 1 << 31)
    block_height, block_width = _pair(code_block_size, "code_block_size", 4, 1024)
    if block_height & block_height - 1 or block_width & block_width - 1 or block_height * block_width > 4096:
        raise ValueError(f"code_block_size: powers of two of product 4096 at most expected, got {code_block_size}")
    components = (ComponentSize(depth, samples.dtype.kind == "i", 1, 1),) * channels
    size = Size(PART_15 if high_throughput else 0, width, height, 0, 0, tile_width, tile_height, 0, 0, components)
    if size.tiles_wide * size.tiles_high > 65535:
        raise ValueError(f"tile_size: {size.tiles_wide * size.tiles_high} tiles, more than 65535")
    precincts = ((15, 15),) * (levels + 1)
    xcb, ycb = block_width.bit_length() - 1, block_height.bit_length() - 1
    style = CodingStyle(levels, xcb, ycb, HIGH_THROUGHPUT if high_throughput else 0, reversible, precincts)
    return Plan(size, TileStyle(False, order, layers, transforms, style), target, depth, workers, tile_lengths)


def _pair(value: Any, name: str, low: int, high: int) -> tuple[int, int]:
    if not isinstance(value, Sequence) or len(value) != 2:
        raise ValueError(f"{name}: (height, width) expected, got {value!r}")
    return whole_number(value[0], name, low, high), whole_number(value[1], name, low, high)
