"""A picture's quantized coefficients at a given strength: tables, chroma, trellis, and luma after chroma.

The order in which things are decided: chroma first; then luma, against what the decoder will make of that
chroma; then luma again, with the statistics of the first time, the steps moved to the middle of what was
quantized to their levels, and those samples set free that the decoder will clip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Coefficients, Component, ceil_div
from numjpeg.rate_distortion import chroma, tables, transform
from numjpeg.rate_distortion.trellis import (
    ac_frequencies,
    ac_rates,
    dc_frequencies,
    dc_rates,
    quantize_ac,
    quantize_dc,
)
from numjpeg.stages.huffman import HuffmanTable, optimal_table

ROUNDING = np.float32(0.35)
"""What is added to magnitudes before they are cut off, where no code lengths are known yet."""


@dataclass(frozen=True)
class Plane:
    """The coefficients of a component."""

    coefficients: NDArray[np.float32]
    """``(blocks, 64)``, blocks in reading order, zig-zag order within."""
    size: tuple[int, int]
    """Rows and columns of samples."""
    order: NDArray[np.intp]
    """Places of the blocks in the order of the scan."""


class Picture:
    """A picture as the search needs it: what does not depend on the strength is done once.

    Parameters
    ----------
    samples : ``(H, W, 3)`` RGB, or ``(H, W, 1)`` gray; uint8, or float32 that need not be within 0 .. 255.
    components : one, or three, luma with the largest sampling factors.
    fancy_upsampling : the decoder that chroma is made for, see :func:`chroma.downsample_least_squares`.
    """

    def __init__(
        self, samples: NDArray[np.uint8], components: Sequence[Component], fancy_upsampling: bool = True
    ) -> None:
        self.height, self.width, channels = samples.shape
        self.components = tuple(components)
        self.fancy = fancy_upsampling
        first = components[0]
        self.ratio = (first.H, first.V) if channels == 3 else (1, 1)
        self.channels = [samples[..., i].astype(np.float32) for i in range(channels)]
        self.luma_order = _scan_order(self.height, self.width, first if channels == 3 else Component(0, 1, 1, 0))
        self.chroma: list[Plane] = []
        if channels == 3:
            h, v = self.ratio
            for plane in chroma.chroma_planes(*self.channels):
                small = chroma.downsample_least_squares(_pad_to(plane, v, h), h, v, fancy_upsampling)
                order = _scan_order(*small.shape, Component(0, 1, 1, 0))
                self.chroma.append(Plane(transform.forward(small), (small.shape[0], small.shape[1]), order))
        self.mean = sum(self.channels) / np.float32(channels)
        self.clipped = [
            (np.flatnonzero(channel.ravel() <= 0), np.flatnonzero(channel.ravel() >= 255))
            for channel in self.channels
        ]

    def luma(self, offsets: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """What luma should be where chroma adds ``offsets`` to each channel: the mean of what is left."""
        if not offsets:
            return self.mean
        return self.mean - sum(offsets) / np.float32(len(offsets))

    def freed(
        self, target: NDArray[np.float32], decoded: NDArray[np.float32], offsets: Sequence[NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """The target of luma, moved where the decoder clips: beyond 0 and 255 an error costs nothing."""
        moved = target.copy()
        flat = moved.ravel()
        for i, limits in enumerate(self.clipped):
            for places, limit, sign in zip(limits, (0, 255), (-1, 1), strict=True):
                value = decoded.ravel()[places]
                if offsets:
                    value = value + offsets[i].ravel()[places]
                beyond = sign * (value - limit)
                flat[places] += sign * np.maximum(beyond, 0) / np.float32(len(self.channels))
        return moved


def _pad_to(plane: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    height, width = plane.shape
    return np.pad(plane, [(0, -height % rows), (0, -width % columns)], mode="edge")


def _scan_order(height: int, width: int, component: Component) -> NDArray[np.intp]:
    """Places of the blocks of a component in the order of an interleaved scan (A.2.3), padding left out."""
    rows, columns = ceil_div(height, 8), ceil_div(width, 8)
    row, column = np.divmod(np.arange(rows * columns), columns)
    V, H = component.V, component.H
    key = ((row // V * ceil_div(columns, H) + column // H) * V + row % V) * H + column % H
    return np.argsort(key, kind="stable")


# --- one component ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Codes:
    """Huffman tables of one component or of two that share them."""

    dc: HuffmanTable
    ac: HuffmanTable


def codes_for(levels: Sequence[NDArray[np.int16]], orders: Sequence[NDArray[np.intp]]) -> Codes:
    """The best tables for levels ``(blocks, 64)``."""
    dc = sum(dc_frequencies(own[order, 0]) for own, order in zip(levels, orders, strict=True))
    ac = sum(ac_frequencies(own) for own in levels)
    return Codes(optimal_table(np.asarray(dc)), optimal_table(np.asarray(ac)))


def dead_zone(plane: Plane, steps: NDArray[np.float32]) -> NDArray[np.int16]:
    """Quantize without code lengths: towards zero from 0.65 on."""
    quotients = plane.coefficients / steps
    levels = np.abs(quotients)
    levels += ROUNDING
    np.floor(levels, out=levels)
    np.copysign(levels, quotients, out=levels)
    levels[:, 0] = np.rint(quotients[:, 0])
    return levels.astype(np.int16)


def quantize(
    plane: Plane,
    steps: NDArray[np.float32],
    exchange: NDArray[np.float32],
    codes: Codes,
    weights: NDArray[np.float32] | None,
) -> NDArray[np.int16]:
    """Quantize by the trellis: int16 ``(blocks, 64)``."""
    quotients = plane.coefficients / steps
    levels = quantize_ac(quotients, exchange, ac_rates(codes.ac), weights)
    order = plane.order
    own = None if weights is None else weights[order]
    levels[order, 0] = quantize_dc(quotients[order, 0], float(exchange[0]), dc_rates(codes.dc), own)
    return levels


# --- all of it -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """Levels of all components, and what another strength can begin with."""

    coefficients: Coefficients
    chroma_codes: Codes | None
    luma_codes: Codes


def optimise(
    picture: Picture,
    strength: float,
    shape: tables.Shape,
    weights: NDArray[np.float32] | None = None,
    passes: int = 2,
    header: Coefficients | None = None,
) -> Coefficients:
    """The coefficients."""
    luma_steps, chroma_steps = (tables.steps(strength, own) for own in (shape.luma, shape.chroma))
    bits = 1 / (shape.multiplier * strength**2)
    h, v = picture.ratio
    chroma_levels: list[NDArray[np.int16]] = []
    offsets: list[NDArray[np.float32]] = []
    if picture.chroma:
        planes = picture.chroma
        orders = [plane.order for plane in planes]
        gain = chroma.energy_gain(h, v, picture.fancy)
        chroma_exchange = [
            (np.float32(bits * weight / chroma.LUMA_WEIGHT * shape.chroma_bias) * gain * (chroma_steps / shape.chroma_norm) ** 2).astype(np.float32)
            for weight in chroma.COMPENSATED_WEIGHTS
        ]
        codes = codes_for([dead_zone(plane, chroma_steps) for plane in planes], orders)
        for _ in range(shape.chroma_passes):
            chroma_levels = [
                quantize(plane, chroma_steps, exchange, codes, None)
                for plane, exchange in zip(planes, chroma_exchange, strict=True)
            ]
            codes = codes_for(chroma_levels, orders)
        if shape.refit:
            chroma_steps = tables.refit([plane.coefficients for plane in planes], chroma_levels, chroma_steps)
        offsets = chroma.offsets(
            [
                chroma.decode(levels, chroma_steps, plane.size, picture.ratio, picture.fancy)[: picture.height, : picture.width]
                for plane, levels in zip(planes, chroma_levels, strict=True)
            ]
        )
    target = picture.luma(offsets) - np.float32(128)
    luma_exchange = (np.float32(bits) * (luma_steps / shape.luma_norm) ** 2).astype(np.float32)
    plane = Plane(transform.forward(target), (picture.height, picture.width), picture.luma_order)
    if shape.masking:
        energy = (plane.coefficients[:, 1:] ** 2).sum(1)
        mask = (shape.masking / (shape.masking + energy)) ** shape.mask_power
        mask = mask / np.exp(np.log(mask).mean()) if shape.mask_normalise else mask
        weights = mask.astype(np.float32) if weights is None else weights * mask.astype(np.float32)
    codes = codes_for([dead_zone(plane, luma_steps)], [plane.order])
    levels = None
    for number in range(passes):
        if number:
            codes = codes_for([levels], [plane.order])
            if shape.refit:
                luma_steps = tables.refit([plane.coefficients], [levels], luma_steps)
            if shape.free:
                decoded = transform.inverse(levels * luma_steps, *plane.size) + np.float32(128)
                freed = picture.freed(target + 128, decoded, offsets) - np.float32(128)
                plane = replace(plane, coefficients=transform.forward(freed))
        levels = quantize(plane, luma_steps, luma_exchange, codes, weights)
    if shape.refit:
        luma_steps = tables.refit([plane.coefficients], [levels], luma_steps)
    out = [transform.to_planes(levels, picture.height, picture.width)]
    for plane, own in zip(picture.chroma, chroma_levels, strict=True):
        out.append(transform.to_planes(own, *plane.size))
    qt = {0: tables.to_table(luma_steps)}
    if picture.chroma:
        qt[1] = tables.to_table(chroma_steps)
    comps = tuple(replace(c, Tq=min(i, 1), Td=min(i, 1), Ta=min(i, 1)) for i, c in enumerate(picture.components))
    return Coefficients(picture.height, picture.width, comps, out, qt)
