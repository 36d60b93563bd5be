"""The pixel half of a plan for small pictures: from transformed blocks to a picture, in about 45 calls.

It gives what :func:`numjpeg.stages.subsampling.upsample` and :func:`numjpeg.stages.color.ycbcr_to_rgb` give. Three
things save calls and memory passes:

* One look-up brings the samples of all components from blocks into rows. It repeats samples as a box filter
  would, and at the edges for the triangle filter.
* Even and odd columns lie apart, as the triangle filter makes them. Colour conversion works in any order.
* The six bytes of two pixels are written as three 16-bit numbers.

Chroma is kept as -128 .. 127. All arithmetic is on 16 bits: sums of the triangle filter are at most
16 * 255 + 8, those of the colours are bounded in :mod:`numjpeg.stages.color`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.frame import Frame
from numjpeg.container.markers import SOF0, SOF1
from numjpeg.container.structure import Structure
from numjpeg.fast.samples.inverse_dct import BYTES, ROW_ORDER

Picture = NDArray[np.uint8]
Shorts = NDArray[np.int16]

MOST_PIXELS = 1 << 17  # of a picture that has a plan; the plan takes some 60 bytes a pixel


def suits(structure: Structure, colorspace: str | None) -> bool:
    """Whether a plan, or a batch, can decode files of this structure to this colour space."""
    frame = structure.require_frame()
    native = {"GRAY": "GRAY", "YCbCr": "RGB", "RGB": "RGB"}.get(structure.colorspace)
    if native is None or colorspace not in (None, native) or len(structure.scans) != 1:
        return False
    if frame.marker not in (SOF0, SOF1) or frame.precision != 8 or frame.header_height is not None:
        return False
    (scan,) = structure.scans
    whole = all(frame.H_max % c.H == 0 and frame.V_max % c.V == 0 for c in frame.components)
    return whole and not scan.restart_interval and scan.indices == tuple(range(len(frame.components)))


def plan_of_pixels(structure: Structure, colorspace: str | None, fancy: bool) -> PixelPlan | None:
    """The plan for files of this structure, or None if they have to be decoded the usual way."""
    frame = structure.require_frame()
    if not suits(structure, colorspace) or frame.width * frame.height > MOST_PIXELS:
        return None
    if not frame.usual_sampling or (structure.colorspace == "RGB" and frame.H_max * frame.V_max > 1):
        return None
    rows, columns = structure.scans[0].mcus
    # An MCU of a scan of one component is a block, so its rows have no blocks beside the picture.
    sizes = [(rows * v, columns * h) for v, h in structure.scans[0].factors]
    return PixelPlan(frame, sizes, structure.colorspace, fancy)


class PixelPlan:
    """Views and buffers for pictures of one size and sampling."""

    def __init__(
        self, frame: Frame, sizes: Sequence[tuple[int, int]], stored: str, fancy: bool, pictures: int = 1
    ) -> None:
        """Prepare for ``pictures`` pictures at a time, which lie one after the other in each component.

        ``sizes``: rows and columns of the blocks of each component of a picture, as they lie in memory.
        ``stored``: the colour space of the files; YCbCr is converted to RGB, others stay as they are.
        """
        self.height, self.width, self.stored = frame.height, frame.width, stored
        last = frame.components[-1]
        h, v = frame.H_max // last.H, frame.V_max // last.V
        rows, columns = frame.sample_size(last)
        triangle = fancy and ((h, v) == (1, 2) or ((h, v) in ((2, 2), (2, 1)) and columns > 2))
        self.filter = (h, v) if triangle else (1, 1)
        half = -(-self.width // 2)
        every_row = np.arange(self.height)
        apart = (np.arange(2)[:, np.newaxis] + 2 * np.arange(half)).ravel()  # even columns, odd ones
        needed = [(every_row, np.arange(self.width) if stored == "GRAY" else apart)]  # rows, columns of samples
        # The triangle filter takes one more row or column on each side of those that it enlarges.
        ys = np.arange(-1, rows + 1) if triangle and v == 2 else every_row // v
        xs = np.arange(-1, columns + 1) if triangle and h == 2 else np.minimum(apart, self.width - 1) // h
        needed += [(ys, xs)] * (len(sizes) - 1)
        counts = [pictures * rows * columns for rows, columns in sizes]
        first, places = 0, []
        for (down, across), (ys, xs), c in zip(sizes, needed, frame.components, strict=True):
            height, width = frame.sample_size(c)
            ys, xs = np.clip(ys, 0, height - 1)[:, np.newaxis], np.clip(xs, 0, width - 1)
            in_block = np.argsort(ROW_ORDER)[ys % 8] * 8 + np.argsort(BYTES)[xs % 8]
            place = in_block * sum(counts) + first + ys // 8 * across + xs // 8
            places.append(np.add.outer(np.arange(pictures) * down * across, place).ravel())
            first += pictures * down * across
        self.luma_blocks = counts[0]
        self.place = np.concatenate(places)
        self.gathered = np.empty(len(self.place), np.int16)
        shape = (pictures * self.height, 2, half)
        size = shape[0] * 2 * half
        self.nbytes = 8 * len(self.place) + 24 * size
        if stored == "GRAY":
            return
        others = len(sizes) - 1
        planes = others * pictures
        self.luma = self.gathered[:size].reshape(shape)
        self.chroma = self.gathered[size:].reshape(planes, len(ys), len(xs))
        self.colours = np.empty((others + 1, *shape), np.int16)
        self.wide = np.empty((others, *shape), np.int16) if triangle else self.chroma.reshape(others, *shape)
        self.wide_planes = self.wide.reshape(planes, self.height, 2, half)
        self.scratch = np.empty((2, *shape), np.int16)
        if triangle and v == 2:
            self.three = np.empty((planes, rows, len(xs)), np.int16)
            self.tall = np.empty((planes, rows, 2, len(xs)), np.int16)
        if triangle and h == 2:
            self.three_across = np.empty((planes, self.height, columns), np.int16)

    def picture(self, values: Shorts) -> Picture:
        """The picture of samples 0 .. 255, int16 ``(8, 8, blocks)``, rows and columns in the orders of pass 2."""
        planes = self.planes(values)
        if self.stored == "GRAY":
            return planes.astype(np.uint8).reshape(self.height, self.width)
        (r0, r1), (g0, g1), (b0, b1) = planes.view(np.uint16).swapaxes(1, 2)
        words = np.empty((*r0.shape, 3), np.uint16)
        # The six bytes of every two pixels are three 16-bit numbers, each of two planes.
        for i, (first, second) in enumerate(((r0, g0), (b0, r1), (g1, b1))):
            upper = second if sys.byteorder == "little" else first
            upper <<= EIGHT.view(np.uint16)
            np.bitwise_or(first, second, words[:, :, i])
        picture = words.view(np.uint8).reshape(self.height, -1, 3)
        return picture if self.width % 2 == 0 else np.ascontiguousarray(picture[:, :-1])

    def planes(self, values: Shorts) -> Shorts:
        """The samples of pictures, plane by plane: ``(channels, pictures * height, 2, half the width)``.

        Even columns lie apart from odd ones, and behind an odd width there is one column more. Gray pictures are
        only rows of pixels, one after the other.
        """
        if self.stored == "YCbCr":
            values[:, :, self.luma_blocks :] -= 128
        values.reshape(-1).take(self.place, None, self.gathered, "clip")
        if self.stored == "GRAY":
            return self.gathered
        self._upsample()
        if self.stored == "YCbCr":
            self._to_rgb()
        else:
            self.colours[0], self.colours[1:] = self.luma, self.wide
        return self.colours

    def _upsample(self) -> None:
        """Apply the triangle filter to ``chroma``, which has its edges repeated; the result is ``wide``."""
        h, v = self.filter
        rows, (first, second, shift) = self.chroma, (8, 7, 4) if v == 2 else (1, 2, 2)
        if v == 2:
            np.multiply(rows[:, 1:-1], THREE, self.three)
            np.add(self.three, rows[:, :-2], self.tall[:, :, 0])
            np.add(self.three, rows[:, 2:], self.tall[:, :, 1])
            if h == 1:
                self.tall += ONE_TWO
                self.tall >>= 2
            rows = self.tall.reshape(len(self.tall), -1, self.tall.shape[-1])[:, : self.height]
            if h == 1:
                np.copyto(self.wide_planes, rows.reshape(self.wide_planes.shape))
        if h == 2:
            three = self.three_across
            np.multiply(rows[:, :, 1:-1], THREE, three)
            even, odd = self.wide_planes[:, :, 0], self.wide_planes[:, :, 1]
            np.add(three, rows[:, :, :-2], even)
            np.add(three, rows[:, :, 2:], odd)
            even += np.int16(first)
            odd += np.int16(second)
            self.wide >>= np.int16(shift)

    def _to_rgb(self) -> None:
        """Convert ``luma`` and ``wide`` to RGB ``colours``, as :func:`numjpeg.stages.color.ycbcr_to_rgb` does."""
        chroma, low, rgb = self.wide, self.scratch, self.colours
        # Blue and red: luma + chroma + chroma * (256 high + low) / 2^16, rounded.
        red_blue = rgb[::-2]
        np.multiply(chroma, LOW, low)
        np.right_shift(low, EIGHT, low)
        np.multiply(chroma, HIGH, red_blue)
        np.add(red_blue, low, red_blue)
        np.add(red_blue, HALF, red_blue)
        np.right_shift(red_blue, EIGHT, red_blue)
        np.add(red_blue, chroma, red_blue)
        # Green.
        green, both = rgb[1], low[0]
        np.multiply(chroma, LOW_GREEN, low)
        np.add(low[0], low[1], green)
        np.right_shift(green, EIGHT, green)
        np.multiply(chroma, HIGH_GREEN, low)
        np.add(green, low[1], green)
        np.add(green, both, green)
        np.add(green, HALF, green)
        np.right_shift(green, EIGHT, green)
        np.subtract(green, chroma[1], green)
        np.add(rgb, self.luma, rgb)
        np.clip(rgb, ZERO, MOST, rgb)


def _split(cb: float, cr: float) -> tuple[Shorts, Shorts]:
    """The weights of Cb and Cr in units of 2^-16, each split as 256 * high + low, ``(2, 1, 1, 1)``."""
    weights = np.rint(np.abs([cb, cr]) * (1 << 16)).astype(int)
    signs = np.sign([cb, cr]).astype(int)
    parts = (weights >> 8) * signs, (weights & 255) * signs
    high, low = (part.astype(np.int16).reshape(2, 1, 1, 1) for part in parts)
    return high, low


THREE, EIGHT, HALF, ZERO, MOST = (np.array(value, np.int16) for value in (3, 8, 128, 0, 255))
ONE_TWO = np.array([1, 2], np.int16).reshape(2, 1)
HIGH, LOW = _split(0.772, 0.402)
HIGH_GREEN, LOW_GREEN = _split(-0.34414, 1 - 0.71414)
