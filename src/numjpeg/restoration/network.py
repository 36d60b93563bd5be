"""Decoding with a small network that has learned from photographs what quantization takes away.

The network continues where :mod:`numjpeg.restoration.restore` ends. It looks at the restored samples, at how far
plain decoding is from them, at the quantization tables and at the place of each sample in its block. It adds what
is missing. Its input and output have half the height and width of the picture, as chroma usually has, with the
four luma samples of each place as four channels:

    restored Y x 4, plain - restored Y x 4, restored Cb, Cr, plain - restored Cb, Cr      12 channels
    3 x 3 convolution, + a vector made of the tables, + a value for the place, ReLU       CHANNELS
    h + ReLU(3 x 3 convolution of h), LAYERS times                                        CHANNELS
    3 x 3 convolution, x a strength made of the tables                                    12 channels
    + restored Y, + restored Cb and Cr, upsampled                                         Y, Cb, Cr of 2 x 2 pixels

So chroma comes out at full size, sharpened by what luma shows. Then all is **projected** onto what the file says:
each coefficient of Y, and of Cb and Cr averaged to their size in the file, is moved into the interval of its
quantized value.

:mod:`numjpeg.restoration.train` makes the weights; ``network.md`` beside them says from what.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from io import BytesIO
from itertools import product as product_of
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from numjpeg.coefficients import Coefficients
from numjpeg.colorspaces import from_components
from numjpeg.restoration.restore import forward, inverse, restore, worthwhile
from numjpeg.stages.quantization import LUMINANCE, scale_table
from numjpeg.workspace import product

Array = NDArray[np.float32]

CHANNELS = 32
LAYERS = 4
PERIOD = 8  # the side of an MCU of 4:2:0 in places of the input
KNOWN = 131  # numbers that say how a file was coded: two tables, whether there is chroma, its two sampling ratios
FINEST = float(scale_table(LUMINANCE, 95).mean())
"""A file whose luma steps are no larger on average is left alone: there is nothing to gain."""
TILE = 256, 512
"""Rows and columns of the picture that are worked on at a time, multiples of 32. The input has at least 16 more on
each side, since each convolution reaches 2 samples further."""
COLUMNS = 1 << 18
"""Most numbers that are laid out for one product of a convolution, so that they stay in the processor's cache."""
REACH = np.float32(0.4999)  # how far a coefficient may be from the middle of its interval, in steps


class Coding(NamedTuple):
    """The network's input about a file as a whole."""

    numbers: Array  # (KNOWN,): logarithms of the steps' cube roots; for chroma the mean of two, or 0 if gray
    scales: Array  # (2,): about how large errors are in luma and in chroma

    @classmethod
    def of(cls, coefficients: Coefficients) -> Coding:
        """The coding of a gray file or one of Y, Cb and Cr."""
        tables = [coefficients.quantization_table(i) for i in range(len(coefficients.components))]
        luma, *others = (np.log2(table.ravel() / 16) / 3 for table in tables)
        chroma = (others[0] + others[1]) / 2 if others else np.zeros(64)
        numbers = np.concatenate([luma, chroma, [len(others) > 0], np.log2(_ratio(coefficients))])
        scales = 8 * np.exp2([luma.mean(), chroma.mean()])
        return cls(numbers.astype(np.float32), scales.astype(np.float32))


def _ratio(coefficients: Coefficients) -> tuple[int, int]:
    """How many times narrower and lower Cb and Cr are than Y; 1 and 1 for a gray file."""
    luma, chroma = coefficients.components[0], coefficients.components[-1]
    return luma.H // chroma.H, luma.V // chroma.V


def suits(coefficients: Coefficients, colorspace: str) -> bool:
    """Whether the network can restore a file: gray, or Y with Cb and Cr of equal size that is not larger. It
    cannot if a quantization table has an entry of 0, as in some broken files."""
    first, *others = coefficients.components
    if not all(coefficients.quantization_table(i).all() for i in range(1 + len(others))):
        return False
    ratios = {(first.H / c.H, first.V / c.V) for c in others}
    known = {(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (1, 4), (4, 2), (2, 4)}
    return colorspace == "GRAY" or (colorspace == "YCbCr" and len(ratios) == 1 and ratios <= known)


def gains(coefficients: Coefficients) -> bool:
    """Whether a picture may gain: if it is like a photograph, and coarser than at quality 95."""
    return float(coefficients.quantization_table(0).mean()) > FINEST and worthwhile(coefficients)[0]


class Evidence:
    """The network's input about the samples of a picture, tile by tile.

    ``every`` is as in :func:`numjpeg.restoration.restore.average_of_shifts`: half of the shifts take half of the
    time, and the result is 0.005 dB worse. ``able`` says for each component whether it is restored; None for all.
    ``height`` and ``width`` are the largest that the blocks of any component cover.
    """

    def __init__(self, coefficients: Coefficients, every: int = 2, able: Sequence[bool] | None = None) -> None:
        self.coefficients = coefficients
        self.tables = [coefficients.quantization_table(i) for i in range(len(coefficients.components))]
        self.restored = [
            restore(plane, table, every) if able is None or able[i] else plain(plane, table) + 128
            for i, (plane, table) in enumerate(zip(coefficients.planes, self.tables, strict=True))
        ]
        for plane in self.restored:
            plane -= 128
        self.ratio = _ratio(coefficients)
        self.height, self.width = (
            max(plane.shape[axis] * (self.ratio[1 - axis] if i else 1) for i, plane in enumerate(self.restored))
            for axis in (0, 1)
        )

    def tile(self, rows: slice, columns: slice) -> tuple[Array, Array, Array]:
        """Luma, chroma and upsampled chroma of a tile, whose sides are multiples of 8 times the sampling ratio.

        Luma ``(2, height, width)`` is restored, and plain minus restored; chroma ``(4, height / 2, width / 2)``
        the same of Cb and Cr; upsampled are restored Cb and Cr, ``(2, height, width)``. A gray file's chroma is 0.
        """
        luma = np.stack(self._samples(0, rows, columns))
        _, height, width = luma.shape
        if len(self.tables) == 1:
            return luma, np.zeros((4, height // 2, width // 2), np.float32), np.zeros_like(luma)
        h, v = self.ratio
        of_chroma = slice(rows.start // v, rows.stop // v), slice(columns.start // h, columns.stop // h)
        pairs = [self._samples(i, *of_chroma) for i in (1, 2)]
        planes = np.stack(pairs, axis=1).reshape(4, height // v, width // h)
        large = enlarge(enlarge(planes[:2], v, 1), h, 2)
        if (h, v) == (2, 2):
            return luma, planes, large
        rest = enlarge(enlarge(planes[2:], v, 1), h, 2)
        halves = np.concatenate([large, rest]).reshape(4, height // 2, 2, width // 2, 2).mean((2, 4))
        return luma, halves, large

    def _samples(self, i: int, rows: slice, columns: slice) -> tuple[Array, Array]:
        """Samples of component i: restored, and plain minus restored. Beyond its blocks the last ones repeat."""
        restored = self.restored[i][rows, columns]
        blocks = self.coefficients.planes[i][_blocks(rows), _blocks(columns)]
        rest = plain(blocks, self.tables[i]) - restored
        height, width = rest.shape
        missing = (0, rows.stop - rows.start - height), (0, columns.stop - columns.start - width)
        return np.pad(restored, missing, mode="edge"), np.pad(rest, missing, mode="edge")

    def project(self, picture: Array, rows: slice, columns: slice) -> None:
        """Move the coefficients of a tile ``(components, height, width)`` into the file's intervals, in place."""
        for i, table in enumerate(self.tables):
            h, v = self.ratio if i else (1, 1)
            samples = picture[i].reshape(picture.shape[1] // v, v, picture.shape[2] // h, h)
            middle = self.coefficients.planes[i][_blocks(rows, v), _blocks(columns, h)]
            samples = samples[: 8 * middle.shape[0], :, : 8 * middle.shape[1]]
            real = forward(samples.mean((1, 3)) if h * v > 1 else samples[:, 0, :, 0])
            step = table.astype(np.float32)
            correction = inverse(np.clip(real, (middle - REACH) * step, (middle + REACH) * step) - real)
            samples += correction[:, None, :, None]


def plain(blocks: NDArray[np.int16], table: NDArray[np.uint16]) -> Array:
    """The level-shifted samples that plain decoding gives, from the middles of all intervals."""
    return inverse(np.multiply(blocks, table, dtype=np.float32))


def _blocks(samples: slice, factor: int = 1) -> slice:
    return slice(samples.start // (8 * factor), samples.stop // (8 * factor))


def enlarge(planes: Array, factor: int, axis: int) -> Array:
    """Upsample along an axis, by the triangle filter if ``factor`` is 2, else by repetition."""
    if factor != 2:
        return planes.repeat(factor, axis) if factor > 1 else planes
    x = np.moveaxis(planes, axis, 0)
    padded = np.concatenate([x[:1], x, x[-1:]])
    out = np.empty((2 * len(x), *x.shape[1:]), np.float32)
    out[0::2] = 0.75 * x + 0.25 * padded[:-2]
    out[1::2] = 0.75 * x + 0.25 * padded[2:]
    return np.moveaxis(out, 0, axis)


class Network:
    """The layers. Weights have PyTorch's names and shapes: convolutions are ``(out, in, 3, 3)``."""

    def __init__(self, weights: dict[str, NDArray[np.floating]]) -> None:
        w = {name: array.astype(np.float32) for name, array in weights.items()}
        layers = sum(name.startswith("middle") and name.endswith("weight") for name in w)
        names = ["first", *(f"middle.{i}" for i in range(layers)), "last"]
        self.kernels = [
            np.ascontiguousarray(w[f"{n}.weight"].transpose(2, 3, 1, 0)).reshape(-1, len(w[f"{n}.weight"]))
            for n in names
        ]
        self.biases = [w[f"{n}.bias"] for n in names]
        self.place = w["place"].transpose(1, 2, 0)
        self.coding = w["coding.weight"], w["coding.bias"]
        self.strength = w["strength.weight"], w["strength.bias"]

    def __call__(self, luma: Array, chroma: Array, large: Array, coding: Coding) -> Array:
        """Level-shifted Y, Cb and Cr, float32 ``(3, height, width)``, of a tile that :class:`Evidence` gives.

        The tile has to start at a corner of the grid of 16 x 16 samples.
        """
        height, width = chroma.shape[1:]
        x = np.zeros((height + 2, width + 2, 12), np.float32)
        inside = x[1:-1, 1:-1]
        scaled = (luma / coding.scales[0]).reshape(2, height, 2, width, 2)
        inside[..., :8] = scaled.transpose(1, 3, 0, 2, 4).reshape(height, width, 8)
        inside[..., 8:] = np.moveaxis(chroma, 0, -1) / coding.scales[1]
        x[:, 0], x[:, -1] = x[:, 1], x[:, -2]
        x[0], x[-1] = x[1], x[-2]
        weight, bias = self.coding
        start = self.biases[0] + product(coding.numbers[None], weight.T)[0] + bias
        repeats = -(-height // PERIOD), -(-width // PERIOD), 1
        h = np.zeros((height + 2, width + 2, len(start)), np.float32)
        for rows, part in convolve(x, self.kernels[0]):
            part += start + np.tile(self.place, repeats)[rows, :width]
            np.maximum(part, 0, out=h[rows.start + 1 : rows.stop + 1, 1:-1])
        other = np.zeros_like(h)
        for kernel, bias in zip(self.kernels[1:-1], self.biases[1:-1], strict=True):
            for rows, part in convolve(h, kernel):
                part += bias
                np.maximum(part, 0, out=part)
                place = slice(rows.start + 1, rows.stop + 1), slice(1, -1)
                np.add(part, h[place], out=other[place])
            h, other = other, h
        weight, bias = self.strength
        strength = np.exp(product(coding.numbers[None], weight.T)[0] + bias) * coding.scales
        result = np.concatenate([luma[:1], large])
        by_place = result.reshape(3, height, 2, width, 2)
        for rows, part in convolve(h, self.kernels[-1]):
            part += self.biases[-1]
            added = part.reshape(-1, width, 3, 2, 2).transpose(2, 0, 3, 1, 4)
            by_place[:, rows] += added * strength[[0, 1, 1]][:, None, None, None, None]
        return result


def convolve(padded: Array, kernel: Array) -> Iterator[tuple[slice, Array]]:
    """Convolve contiguous ``(height + 2, width + 2, inputs)`` with 3 x 3 kernels ``(9 * inputs, outputs)``.

    Yield some rows at a time, and the result for them, ``(rows, width, outputs)``. The next one overwrites it.
    """
    height, width, inputs = padded.shape[0] - 2, padded.shape[1] - 2, padded.shape[2]
    line, pixel, number = padded.strides
    around = as_strided(padded, (height, width, 3, 3 * inputs), (line, pixel, line, number))
    step = max(1, COLUMNS // (width * len(kernel)))
    laid_out = np.empty((step, width, 3, 3 * inputs), np.float32)
    result = np.empty((step, width, kernel.shape[1]), np.float32)
    for top in range(0, height, step):
        rows = slice(top, min(height, top + step))
        count = rows.stop - top
        laid_out[:count] = around[rows]
        product(laid_out[:count].reshape(count * width, -1), kernel, result[:count].reshape(count * width, -1))
        yield rows, result[:count]


@cache
def network() -> Network:
    """The network with the weights that come with the library."""
    with np.load(BytesIO((files("numjpeg.restoration") / "network.npz").read_bytes())) as weights:
        return Network(dict(weights))


def restored_tiles(coefficients: Coefficients) -> Iterator[tuple[slice, slice, Array]]:
    """Restore a picture that :func:`suits`: yield rows, columns and their samples.

    The samples are Y, Cb and Cr, or Y alone, float32 ``(components, rows, columns)``, level-shifted, neither
    rounded nor clipped. The tiles together cover the picture and the blocks that fill up its MCUs.
    """
    evidence, coding, layers = Evidence(coefficients), Coding.of(coefficients), network()
    sides = evidence.height, evidence.width
    halos = [8 * max(2, factor) for factor in reversed(evidence.ratio)]
    for corner in product_of(*map(range, (0, 0), sides, TILE)):
        inner, around, inside = [], [], []
        for start, step, halo, side in zip(corner, TILE, halos, sides, strict=True):
            stop, before = min(start + step, side), max(0, start - halo)
            inner.append(slice(start, stop))
            around.append(slice(before, min(stop + halo, side)))
            inside.append(slice(start - before, stop - before))
        picture = layers(*evidence.tile(*around), coding)[: len(coefficients.planes)]
        picture = np.ascontiguousarray(picture[:, inside[0], inside[1]])
        evidence.project(picture, *inner)
        yield inner[0], inner[1], picture


def fill(out: NDArray[np.uint8], coefficients: Coefficients, target: str) -> None:
    """Restore a picture that :func:`suits` into an array ``(H, W)`` or ``(H, W, channels)`` of a colour space.

    Red, green and blue are computed from samples that have not been rounded.
    """
    source = "YCbCr" if len(coefficients.planes) == 3 else "GRAY"
    if source == "YCbCr" and not any(plane.any() for plane in coefficients.planes[1:]):  # gray stays gray
        components, planes = coefficients.components[:1], coefficients.planes[:1]
        coefficients = replace(coefficients, components=components, planes=planes)
        source, target = "GRAY", "YCbCr" if target == "raw" else target
    for rows, columns, picture in restored_tiles(coefficients):
        part = out[rows, columns]
        picture = picture[:, : part.shape[0], : part.shape[1]]
        if source == "YCbCr" and target in ("RGB", "BGR"):
            y, cb, cr = picture
            colours = [y + 1.402 * cr, y - 0.344136286 * cb - 0.714136286 * cr, y + 1.772 * cb]
            part[...] = _rounded(np.stack(colours[:: 1 if target == "RGB" else -1], axis=-1))
        else:
            part[...] = from_components(np.moveaxis(_rounded(picture), 0, -1), source, target, 8)


def _rounded(samples: Array) -> NDArray[np.uint8]:
    return np.asarray(np.clip(np.rint(samples + np.float32(128)), 0, 255), np.uint8)
