"""The pixel half of a plan for small pictures: from transformed blocks to a picture, in about 40 calls.

It gives what :func:`numjpeg.stages.subsampling.upsample` and :func:`numjpeg.stages.color.ycbcr_to_rgb` give. Three
things save calls and memory passes:

* One look-up brings the samples of all components from blocks into rows. It repeats samples as a box filter
  would, and at the edges for the triangle filter.
* Even and odd columns lie apart, and so do even and odd rows, as the triangle filter makes them. Colour conversion
  works in any order.
* The six bytes of two pixels are written as three 16-bit numbers.

Chroma is kept as -128 .. 127. All arithmetic is on 16 bits: sums of the triangle filter are at most
16 * 255 + 8, those of the colours are bounded in :mod:`numjpeg.stages.color`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from numjpeg.container.frame import Frame
from numjpeg.container.markers import SOF0, SOF1
from numjpeg.container.structure import Structure
from numjpeg.fast.samples.inverse_dct import BYTES, ROW_ORDER, RULER, Step, run

Picture = NDArray[np.uint8]
Shorts = NDArray[np.int16]
Size = tuple[int, int]

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
    plan = PixelPlan(frame, sizes, structure.colorspace, fancy)
    plan.write_to(np.empty(plan.shape, np.int16))
    return plan


class PixelPlan:
    """Views and buffers for pictures of one size and sampling.

    ``planes`` are the upsampled components, int16 ``(components, pictures, 2, v, rows, columns)``. Even columns
    lie apart from odd ones, as the triangle filter makes them. If that filter doubles the rows, v is 2, and even
    rows lie apart from odd ones; otherwise v is 1. If it doubles the columns, ``edge`` is 1, and one column at
    each side has no meaning: so the filter adds arrays that are one sample apart in memory, in long runs. Behind
    an odd width or height there is one column or row more. Gray pictures are ``(1, pictures, 1, rows, columns)``.
    """

    def __init__(
        self, frame: Frame, sizes: Sequence[Size], stored: str, fancy: bool, pictures: int = 1, middle: int = 0
    ) -> None:
        """Prepare for ``pictures`` pictures at a time, whose blocks lie one picture after the other. ``planes``
        are still to be given to :meth:`write_to`; they have the shape :attr:`shape`.

        ``sizes``: rows and columns of the blocks of each component of a picture, as they lie in memory.
        ``stored``: the colour space of the files. ``middle``: the sample that becomes 0; for chroma it is 128.
        """
        self.height, self.width, self.stored = frame.height, frame.width, stored
        last = frame.components[-1]
        h, v = frame.H_max // last.H, frame.V_max // last.V
        triangle = fancy and ((h, v) == (1, 2) or ((h, v) in ((2, 2), (2, 1)) and frame.sample_size(last)[1] > 2))
        tall, wide = triangle and v == 2, triangle and h == 2
        self.edge = 1 if wide else 0
        # Rows and columns of the samples that are needed; those beyond the edges repeat these.
        ys, xs = np.arange(self.height)[np.newaxis], np.arange(self.width)
        if tall:
            ys = np.arange(-(-self.height // 2)) * 2 + np.arange(2)[:, np.newaxis]
        if stored != "GRAY":
            half = np.arange(-self.edge, -(-self.width // 2) + self.edge)
            xs = 2 * half + np.arange(2).reshape(2, 1, 1, 1)
        self.rows, self.columns = needed = ys[..., np.newaxis], xs
        every = [needed]
        if len(sizes) > 1:
            ys = np.arange(-1, ys.shape[1] + 1) if tall else ys[0] // v
            xs = half if wide else np.minimum(xs, self.width - 1) // h
            every += [(ys[:, np.newaxis], xs)] * (len(sizes) - 1)
        blocks = [rows * columns for rows, columns in sizes]
        total, first, places = pictures * sum(blocks), np.arange(pictures) * sum(blocks), []
        for (rows, across), (ys, xs), c in zip(sizes, every, frame.components, strict=True):
            height, width = frame.sample_size(c)
            ys, xs = ys.clip(0, height - 1), xs.clip(0, width - 1)
            row = IN_COLUMN[ys % 8] * total + ys // 8 * across
            places.append(np.add.outer(first, row + (IN_ROW[xs % 8] * (8 * total) + xs // 8)))
            first = first + rows * across
        levels = [middle] + [128 if stored == "YCbCr" else middle] * (len(sizes) - 1)
        self.place = np.concatenate(places, axis=None)
        self.level = np.repeat(np.array(levels, np.int16) + np.int16(RULER), [place.size for place in places])
        self.filter, self.raw_shape = (tall, wide), places[-1].shape[-2:]
        self.shape = len(sizes), *places[0].shape

    def write_to(self, planes: NDArray[Any]) -> None:
        """Prepare to fill ``planes``, int16 or float32: make the buffers, and the list of steps."""
        self.planes, self.gathered = planes, np.empty(len(self.place), np.int16)
        self.nbytes = 12 * len(self.place) + 10 * planes.size
        ready = planes[:1] if any(self.filter) else planes  # what needs no filter
        size = ready.size
        first, second = (each[:size].reshape(ready.shape) for each in (self.gathered, self.level))
        self.steps: list[Step] = [(np.subtract, (first, second, ready))]
        if any(self.filter):
            raw = self.gathered[size:]
            self.steps.append((np.subtract, (raw, self.level[size:], raw)))
            self._prepare_filter(raw.reshape(-1, *self.raw_shape), planes[1:], *self.filter)

    def _prepare_filter(self, raw: Shorts, target: NDArray[Any], tall: bool, wide: bool) -> None:
        """Steps of the triangle filter, from ``raw`` chroma with its edges repeated, ``(n, rows, columns)``."""
        both: Shorts
        result: Shorts
        n, rows, columns = raw.shape
        plane, row, sample = raw.strides
        if tall:
            around = as_strided(raw, (n, 2, rows - 2, columns), (plane, 2 * row, row, sample))
            three, both = np.empty_like(raw), np.empty(around.shape, np.int16)
            self.steps += [
                (np.multiply, (raw, THREE, three)),
                (np.add, (three[:, np.newaxis, 1:-1], around, both)),
            ]
            bias, shift, raw = ONE_TWO[..., np.newaxis], 2, both
            result = both
        if wide:
            samples = raw.reshape(-1)
            around = as_strided(samples, (2, samples.size - 2), (2 * sample, sample))
            three, both = np.empty_like(samples), np.zeros((2, samples.size), np.int16)
            self.steps += [(np.multiply, (samples, THREE, three)), (np.add, (three[1:-1], around, both[:, 1:-1]))]
            bias, shift = (EIGHT_SEVEN, 4) if tall else (ONE_TWO, 2)
            result = both.reshape(2, n, -1).swapaxes(0, 1)
        self.steps.append((np.add, (both, np.ascontiguousarray(np.broadcast_to(bias, both.shape)), both)))
        self.steps.append((np.right_shift, (result.reshape(target.shape), np.array(shift, np.int16), target)))

    def upsample(self, values: Shorts) -> NDArray[Any]:
        """Fill ``planes`` from samples plus :data:`RULER`, ``(8, 8, blocks)``, in the orders of pass 2."""
        values.reshape(-1).take(self.place, None, self.gathered, "clip")
        run(self.steps)
        return self.planes

    def picture(self, values: Shorts) -> Picture:
        """The picture of the samples that :meth:`upsample` takes."""
        planes = self.upsample(values)
        if self.stored == "GRAY":
            return planes.astype(np.uint8).reshape(self.height, self.width)
        if self.stored == "YCbCr":
            planes = self._to_rgb(planes)
        # The six bytes of every two pixels are three 16-bit numbers, each of two planes.
        _, _, _, v, rows, columns = planes.shape
        words = np.empty((rows, v, columns - 2 * self.edge, 3), np.uint16)
        (r0, r1), (g0, g1), (b0, b1) = planes[:, 0].view(np.uint16)
        for i, (first, second) in enumerate(((r0, g0), (b0, r1), (g1, b1))):
            upper = second if sys.byteorder == "little" else first
            upper <<= EIGHT.view(np.uint16)
            within = slice(self.edge, columns - self.edge)
            np.bitwise_or(first[..., within], second[..., within], words[..., i].swapaxes(0, 1))
        picture = words.view(np.uint8).reshape(rows * v, -1, 3)[: self.height]
        return picture if self.width % 2 == 0 else np.ascontiguousarray(picture[:, :-1])

    @staticmethod
    def _to_rgb(planes: Shorts) -> Shorts:
        """Convert planes of YCbCr to RGB, as :func:`numjpeg.stages.color.ycbcr_to_rgb` does."""
        luma, chroma = planes[0], planes[1:]
        rgb, low = np.empty_like(planes), np.empty_like(chroma)
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
        np.add(rgb, luma, rgb)
        return rgb.clip(ZERO, MOST, rgb)


def _split(cb: float, cr: float) -> tuple[Shorts, Shorts]:
    """The weights of Cb and Cr in units of 2^-16, each split as 256 * high + low, ``(2, 1, 1, 1)``."""
    weights = np.rint(np.abs([cb, cr]) * (1 << 16)).astype(int)
    signs = np.sign([cb, cr]).astype(int)
    parts = (weights >> 8) * signs, (weights & 255) * signs
    high, low = (part.astype(np.int16).reshape(2, 1, 1, 1, 1, 1) for part in parts)
    return high, low


IN_COLUMN, IN_ROW = np.argsort(ROW_ORDER), np.argsort(BYTES)
THREE, EIGHT, HALF, ZERO, MOST = (np.array(value, np.int16) for value in (3, 8, 128, 0, 255))
ONE_TWO, EIGHT_SEVEN = np.array([[[1], [2]], [[8], [7]]], np.int16)
HIGH, LOW = _split(0.772, 0.402)
HIGH_GREEN, LOW_GREEN = _split(-0.34414, 1 - 0.71414)
