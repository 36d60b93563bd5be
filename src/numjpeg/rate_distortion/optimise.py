"""A picture's quantized coefficients at a given strength: chroma, then luma after chroma, by the trellis.

The first pass only rounds, with a dead zone. What it would decode to tells three things to the passes after it:
how often each symbol occurs, so what it costs; what of luma and chroma the other one can make up for; and which
samples the decoder will clip, so that errors beyond 0 and 255 are free. Each pass of the trellis moves the steps
to the middle of what was quantized to their levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Coefficients, Component, ceil_div
from numjpeg.rate_distortion import adaptive, chroma, transform
from numjpeg.rate_distortion.tables import Aim, refit, steps, to_table
from numjpeg.rate_distortion.trellis import (
    ac_frequencies,
    ac_rates,
    dc_frequencies,
    dc_rates,
    progressive_frequencies,
    progressive_rates,
    quantize_ac,
    quantize_dc,
)
from numjpeg.stages.huffman import HuffmanTable, optimal_table

ROUNDING = np.float32(0.35)
"""What is added to magnitudes before they are cut off, where no code lengths are known yet."""

PASSES = 2
"""Passes of the trellis. A third gains 0.1 % of the bytes on photographs."""

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Plane:
    """The coefficients of a component."""

    coefficients: NDArray[np.float32]
    """``(blocks, 64)``, blocks in reading order, zig-zag order within."""
    order: NDArray[np.intp]
    """Places of the blocks in the order of the scan."""


@dataclass(frozen=True)
class Coded:
    """The levels of components that share tables, and these."""

    levels: list[NDArray[np.int16]]
    """``(blocks, 64)`` of each."""
    steps: NDArray[np.float32]
    dc: HuffmanTable
    ac: HuffmanTable


class Picture:
    """A picture as :func:`optimise` needs it; what does not depend on the strength is done once.

    Parameters
    ----------
    samples : uint8 ``(H, W, 3)`` RGB or ``(H, W, 1)`` gray.
    components : three, the first with the largest sampling factors and the others with 1 x 1; or one.
    fancy_upsampling : see :func:`chroma.downsample_least_squares`.
    importance : float32 ``(block rows, block columns)``, what errors of each luma block count; None for 1.
    """

    def __init__(
        self,
        samples: NDArray[np.uint8],
        components: Sequence[Component],
        fancy_upsampling: bool = True,
        importance: NDArray[np.float32] | None = None,
    ) -> None:
        self.height, self.width, channels = samples.shape
        self.components = tuple(components)
        self.fancy = fancy_upsampling
        self.importance = importance
        self.ratio = (components[0].H, components[0].V) if channels == 3 else (1, 1)
        self.channels: list[Samples] = [samples[..., i].astype(np.float32) for i in range(channels)]
        self.black = [np.flatnonzero(channel == 0) for channel in self.channels]
        self.white = [np.flatnonzero(channel == 255) for channel in self.channels]
        self.luma_order = _scan_order(self.height, self.width, *self.ratio)
        h, v = self.ratio
        self.small = ceil_div(self.height, v), ceil_div(self.width, h)
        self.chroma_order = _scan_order(*self.small, 1, 1)
        self.chroma = self.chroma_planes(chroma.chroma_of(self.channels)) if channels == 3 else []

    def luma_plane(self, channels: Sequence[Samples], added: Sequence[Samples], joint: bool) -> Plane:
        """Luma as the picture has it; or, ``joint``, what it should be where chroma adds this to each channel: the
        mean of what is left.
        """
        if joint:
            rest = [own - more for own, more in zip(channels, added, strict=True)] if added else channels
            luma = sum(rest[1:], start=rest[0]) / np.float32(len(rest))
        else:
            luma = chroma.luma_of(channels)
        return Plane(transform.forward(luma - np.float32(128)), self.luma_order)

    def chroma_planes(self, planes: Sequence[Samples]) -> list[Plane]:
        """Chroma of the size of the picture, downsampled and transformed."""
        h, v = self.ratio
        made = []
        for plane in planes:
            padded = np.pad(plane, [(0, -self.height % v), (0, -self.width % h)], mode="edge")
            small = chroma.downsample_least_squares(padded, h, v, self.fancy)
            made.append(Plane(transform.forward(small), self.chroma_order))
        return made

    def added_by_chroma(self, coded: Coded) -> list[Samples]:
        """What decoded chroma adds to red, green and blue."""
        decoded = []
        for levels in coded.levels:
            samples = transform.inverse(levels * coded.steps, *self.small)
            large = chroma.enlarge(samples, *self.ratio, self.fancy)
            decoded.append(large[: self.height, : self.width])
        return chroma.added_to_channels(*decoded)

    def decoded_luma(self, coded: Coded) -> Samples:
        """What the decoder will make of luma, not rounded."""
        return transform.inverse(coded.levels[0] * coded.steps, self.height, self.width) + np.float32(128)

    def free_where_clipped(self, luma: Samples, added: Sequence[Samples]) -> list[Samples]:
        """The channels, as far beyond 0 and 255 as the decoder comes before it clips: there errors are free."""
        channels = []
        for i, channel in enumerate(self.channels):
            own = channel.copy()
            for places, sign in ((self.black[i], -1), (self.white[i], 1)):
                value = luma.ravel()[places]
                if added:
                    value = value + added[i].ravel()[places]
                flat = own.reshape(-1)
                flat[places] += sign * np.maximum(sign * (value - flat[places]), 0)
            channels.append(own)
        return channels


def _scan_order(height: int, width: int, H: int, V: int) -> NDArray[np.intp]:
    """Places of the blocks of a component in the order of an interleaved scan (A.2.3), padding left out."""
    rows, columns = ceil_div(height, 8), ceil_div(width, 8)
    row, column = np.divmod(np.arange(rows * columns), columns)
    key = ((row // V * ceil_div(columns, H) + column // H) * V + row % V) * H + column % H
    return np.argsort(key, kind="stable")


# --- components that share tables ------------------------------------------------------------------------


def code(
    planes: Sequence[Plane], levels: list[NDArray[np.int16]], table: NDArray[np.float32], progressive: bool
) -> Coded:
    """Levels with the Huffman tables that are best for them."""
    dc = sum(dc_frequencies(own[plane.order, 0]) for plane, own in zip(planes, levels, strict=True))
    count = progressive_frequencies if progressive else ac_frequencies
    ac = sum(count(own) for own in levels)
    return Coded(levels, table, optimal_table(np.asarray(dc)), optimal_table(np.asarray(ac)))


def round_with_dead_zone(planes: Sequence[Plane], table: NDArray[np.float32], progressive: bool) -> Coded:
    """Quantize without code lengths: AC levels are taken from ``1 - ROUNDING`` on."""
    made = []
    for plane in planes:
        quotients = plane.coefficients / table
        levels = np.abs(quotients)
        levels += ROUNDING
        np.floor(levels, out=levels)
        np.copysign(levels, quotients, out=levels)
        levels[:, 0] = np.rint(quotients[:, 0])
        made.append(levels.astype(np.int16))
    return code(planes, made, table, progressive)


def quantize(
    planes: Sequence[Plane],
    before: Coded,
    exchanges: Sequence[NDArray[np.float32]],
    weights: NDArray[np.float32] | None,
    progressive: bool,
) -> Coded:
    """Quantize by the trellis, with the steps and codes of the pass before, and refit the steps.

    Parameters
    ----------
    exchanges : of each component ``(64,)``, bits that a squared error of 1 is worth.
    weights : ``(blocks,)``, what errors of each block count; None for 1.
    """
    ac = progressive_rates(before.ac, before.levels) if progressive else ac_rates(before.ac)
    dc = dc_rates(before.dc)
    made = []
    for plane, exchange in zip(planes, exchanges, strict=True):
        quotients = plane.coefficients / before.steps
        of_steps = exchange * before.steps**2
        levels = quantize_ac(quotients, of_steps, ac, weights)
        order = plane.order
        own = None if weights is None else weights[order]
        levels[order, 0] = quantize_dc(quotients[order, 0], float(of_steps[0]), dc, own)
        made.append(levels)
    return code(planes, made, refit([plane.coefficients for plane in planes], made, before.steps), progressive)


# --- all of it -------------------------------------------------------------------------------------------


def optimise(
    picture: Picture, strength: float, aim: Aim, passes: int = PASSES, progressive: bool = False
) -> Coefficients:
    """Quantize a picture.

    Parameters
    ----------
    strength : above 0; what the aim's steps are multiplied by.
    passes : of the trellis, after the one that only rounds.
    progressive : for progressive scans, in which ends of blocks are coded in runs.

    Returns
    -------
    Coefficients with planes, components and quantization tables (number 0 for luma, 1 for chroma).
    """
    bits = np.float32(1 / (aim.multiplier * strength**2))
    luma_exchange = bits * aim.luma_weight
    chroma_exchanges = [bits * weight for weight in aim.chroma_weights]

    colours, chroma_now, added = picture.chroma, None, list[Samples]()
    if colours:
        chroma_now = round_with_dead_zone(colours, steps(strength, aim.chroma), progressive)
        added = picture.added_by_chroma(chroma_now) if aim.joint else []
    light = picture.luma_plane(picture.channels, added, aim.joint)
    luma_now = round_with_dead_zone([light], steps(strength, aim.luma), progressive)
    luma_weights = adaptive.luma_weights(light.coefficients, picture.importance, aim.masking)
    chroma_weights = adaptive.chroma_weights(luma_weights, picture.height, picture.width, *picture.ratio)

    for _ in range(passes):
        channels = picture.channels
        if aim.joint:
            luma = picture.decoded_luma(luma_now)
            channels = picture.free_where_clipped(luma, added)
            colours = picture.chroma_planes(chroma.best_for_luma(channels, luma)) if colours else []
        if chroma_now:
            chroma_now = quantize(colours, chroma_now, chroma_exchanges, chroma_weights, progressive)
        if aim.joint:
            added = picture.added_by_chroma(chroma_now) if chroma_now else []
            light = picture.luma_plane(channels, added, aim.joint)
        luma_now = quantize([light], luma_now, [luma_exchange], luma_weights, progressive)

    planes = [transform.to_blocks(luma_now.levels[0], picture.height, picture.width)]
    tables = {0: to_table(luma_now.steps)}
    if chroma_now:
        planes += [transform.to_blocks(levels, *picture.small) for levels in chroma_now.levels]
        tables[1] = to_table(chroma_now.steps)
    return Coefficients(picture.height, picture.width, picture.components, planes, tables)
