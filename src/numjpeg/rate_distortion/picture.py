"""A picture in bands: luma and chroma coefficients of some of its MCU rows, and what a decoder makes of levels.

Only the picture's samples and the levels are held for the whole picture. Planes of float32 would take ten times as
much memory as the picture, so each pass makes them anew, band by band. Least-squares downsampling needs
:data:`numjpeg.rate_distortion.chroma.TAPS` chroma rows and one more on either side. So a band is made together
with its context: the MCU row above it and the one below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Component, ceil_div
from numjpeg.rate_distortion import chroma, transform
from numjpeg.rate_distortion.chroma import Floats
from numjpeg.stages.blocks import pad_edges

BAND_SAMPLES = 3 << 18
"""Samples of a band in all components. Each takes some 30 bytes while the band is worked on. A wide picture's
band has :data:`BAND_MCU_ROWS` MCU rows, so that its context is a fifth of the work, or a tenth of the picture."""
BAND_MCU_ROWS = 8
KEPT_SAMPLES = 6 << 20
"""For pictures of up to so many samples (4 megapixels with 4:2:0), coefficients that do not depend on levels are
kept from pass to pass, 4 bytes each. For a larger picture they are made again."""


class Levels(NamedTuple):
    """Quantized coefficients of components that share a table, in zig-zag order."""

    planes: list[NDArray[np.int16]]  # (block rows, block columns, 64) each
    steps: Floats  # (64,)


class Band(NamedTuple):
    """MCU rows ``first`` to ``last - 1``."""

    first: int
    last: int


class BandedPicture:
    """A picture, uint8 ``(H, W, 3)`` RGB or ``(H, W, 1)`` gray, as
    :func:`numjpeg.rate_distortion.optimise.optimise` needs it.

    Of three components the first has the largest sampling factors; those of the others are 1 x 1.
    ``fancy_upsampling``: ``fancy`` of :func:`numjpeg.rate_distortion.chroma.downsample_least_squares`.
    ``importance``: the weights of errors in luma blocks, ``(block rows, block columns)``; None for 1.
    """

    def __init__(
        self,
        samples: NDArray[np.uint8],
        components: Sequence[Component],
        fancy_upsampling: bool = True,
        importance: Floats | None = None,
    ) -> None:
        self.samples = samples
        self.height, self.width, channels = samples.shape
        self.components, self.fancy, self.importance = tuple(components), fancy_upsampling, importance
        self.is_color = channels == 3
        self.ratio = h, v = (components[0].H, components[0].V) if self.is_color else (1, 1)
        self.small = ceil_div(self.height, v), ceil_div(self.width, h)  # height and width of chroma in samples
        self.mcu_rows = ceil_div(self.height, 8 * v)
        self.luma_blocks = ceil_div(self.height, 8), ceil_div(self.width, 8)
        self.chroma_blocks = ceil_div(self.small[0], 8), ceil_div(self.small[1], 8)
        self._plain: dict[tuple[str, int], list[Floats]] = {}
        self._count = self.height * self.width + (channels - 1) * self.small[0] * self.small[1]

    def bands(self) -> Iterator[Band]:
        """The whole picture from top to bottom."""
        least = min(max(2, self.mcu_rows // 10), BAND_MCU_ROWS)
        step = max(least, BAND_SAMPLES * self.mcu_rows // self._count)
        for first in range(0, self.mcu_rows, step):
            yield Band(first, min(first + step, self.mcu_rows))

    def luma_rows(self, band: Band) -> slice:
        """The block rows of luma in a band; those of chroma are its MCU rows."""
        v = self.ratio[1]
        return slice(band.first * v, min(band.last * v, self.luma_blocks[0]))

    def luma(self, band: Band) -> Floats:
        """Coefficients ``(blocks, 64)`` of luma."""
        return self._kept(("luma", band.first), lambda: [_luma_transform(chroma.luma_of(self._channels(band)))])[0]

    def luma_after(self, band: Band, coded: Levels | None, before: Levels | None = None) -> Floats:
        """Coefficients of luma that makes up for the errors of chroma, ``coded`` by now; None if there is none. If
        luma was quantized ``before``, errors where the decoder clips are free.
        """
        channels = self._channels(band)
        added = self._added_by_chroma(coded, band) if coded else []
        if before:
            _free_where_clipped(channels, self._decoded_luma(before, band), added)
        return _luma_transform(_mean_of_rest(channels, added))

    def chroma(self, band: Band) -> list[Floats]:
        """Coefficients ``(blocks, 64)`` of Cb and of Cr."""

        def make() -> list[Floats]:
            return self._chroma_transform(chroma.chroma_of(self._channels(self._around(band))), band)

        return self._kept(("chroma", band.first), make)

    def _kept(self, key: tuple[str, int], make: Callable[[], list[Floats]]) -> list[Floats]:
        """The result of ``make``; kept for the next call if the picture is small enough."""
        made = self._plain.get(key) or make()
        if self._count <= KEPT_SAMPLES:
            self._plain[key] = made
        return made

    def chroma_after(self, band: Band, luma: Levels, before: Levels) -> list[Floats]:
        """Coefficients of chroma that makes up for the errors of ``luma``; ``before``: chroma as quantized before.
        Errors where the decoder clips are free.
        """
        around = self._around(band)
        channels = self._channels(around)
        decoded = self._decoded_luma(luma, around)
        _free_where_clipped(channels, decoded, self._added_by_chroma(before, around))
        return self._chroma_transform(chroma.best_for_luma(channels, decoded), band)

    def _chroma_transform(self, planes: Sequence[Floats], band: Band) -> list[Floats]:
        """Downsample planes of a band with its context, and transform what is the band's."""
        h, v = self.ratio
        top = 8 * (band.first - self._around(band).first)
        in_band = slice(top, top + 8 * (band.last - band.first))
        small = (chroma.downsample_least_squares(pad_edges(plane, v, h), h, v, self.fancy) for plane in planes)
        return [transform.forward(plane[in_band]) for plane in small]

    def _channels(self, band: Band) -> list[Floats]:
        v = self.ratio[1]
        rows = self.samples[8 * v * band.first : 8 * v * band.last]
        return [rows[..., i].astype(np.float32) for i in range(rows.shape[2])]

    def _around(self, band: Band) -> Band:
        """The band with its context, if it needs any."""
        if self.ratio[1] != 2:
            return band
        return Band(max(0, band.first - 1), min(self.mcu_rows, band.last + 1))

    def _decoded_luma(self, coded: Levels, band: Band) -> Floats:
        """The luma samples of a band as decoded from levels, not rounded."""
        rows = self.luma_rows(band)
        height = min(self.height, 8 * rows.stop) - 8 * rows.start
        samples = transform.inverse(coded.planes[0][rows], coded.steps, height, self.width)
        samples += np.float32(128)
        return samples

    def _added_by_chroma(self, coded: Levels, band: Band) -> list[Floats]:
        """What decoded chroma adds to red, green and blue in a band."""
        h, v = self.ratio
        around = self._around(band)
        height = min(self.small[0], 8 * around.last) - 8 * around.first
        top = 8 * v * (band.first - around.first)
        bottom = min(self.height, 8 * v * band.last) - 8 * v * around.first
        decoded = []
        for plane in coded.planes:
            samples = transform.inverse(plane[around.first : around.last], coded.steps, height, self.small[1])
            decoded.append(chroma.enlarge(samples, h, v, self.fancy)[top:bottom, : self.width])
        return chroma.added_to_channels(*decoded)


def _luma_transform(luma: Floats) -> Floats:
    luma -= np.float32(128)
    return transform.forward(luma)


def _mean_of_rest(channels: Sequence[Floats], added: Sequence[Floats]) -> Floats:
    """The best luma, given what chroma adds to each channel: the mean of what is left of the channels."""
    if len(channels) == 1:
        return channels[0]
    total = channels[0] - added[0]
    for channel, more in zip(channels[1:], added[1:], strict=True):
        total += channel
        total -= more
    total /= np.float32(len(channels))
    return total


def _free_where_clipped(channels: Sequence[Floats], luma: Floats, added: Sequence[Floats]) -> None:
    """Move samples of 0 and 255, in place, as far beyond as the decoder's are before it clips them. So the errors
    beyond are free.
    """
    for i, channel in enumerate(channels):
        flat = channel.reshape(-1)
        for limit, sign in ((np.float32(0), -1), (np.float32(255), 1)):
            places = np.flatnonzero(flat == limit)
            value = luma.ravel()[places]
            if added:
                value += added[i].ravel()[places]
            flat[places] += sign * np.maximum(sign * (value - limit), 0)
