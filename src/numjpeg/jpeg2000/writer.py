"""Code-blocks to a codestream: where each is cut, layers, packets, markers."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.jpeg2000 import rate_control
from numjpeg.jpeg2000.analysis import CodedPicture
from numjpeg.jpeg2000.container import codestream, packets, progression
from numjpeg.jpeg2000.container.geometry import BandOfPrecinct, CodeBlock, Tile
from numjpeg.jpeg2000.container.tag_tree import UNKNOWN, TagTree
from numjpeg.jpeg2000.decoder import decode
from numjpeg.jpeg2000.plan import Plan
from numjpeg.metrics import psnr

SPARE = 1.15  # how much more than the target the code-blocks should hold, so that the last cuts are good ones
FILL_ATTEMPTS, FILLED = 5, 3
"""How often the last bytes are filled, which makes headers grow; so few of them may be left."""
PSNR_ATTEMPTS, PSNR_TOLERANCE = 5, 0.05


class Writer:
    """Puts files together, of code-blocks that are cut here or there."""

    def __init__(self, plan: Plan, picture: CodedPicture, comment: bytes | None) -> None:
        self.plan, self.picture = plan, picture
        self.number = {id(c.block): i for i, c in enumerate(picture.coded)}
        self.head = self._main_header(comment)
        self.all_passes = np.array([len(c.encoded.lengths) for c in picture.coded], np.int64)

    @functools.cached_property
    def ends(self) -> rate_control.Ends:
        """Of all code-blocks, best first."""
        coded = self.picture.coded
        return rate_control.sort_ends([c.encoded.lengths for c in coded], [c.gains for c in coded])

    def _main_header(self, comment: bytes | None) -> bytes:
        plan, picture = self.plan, self.picture
        parts = [codestream.START[:2], codestream.write_size(plan.size)]
        if plan.high_throughput:
            most = max((c.block.band.planes for c in picture.coded), default=1)
            parts.append(codestream.write_capabilities(most, plan.reversible))
        parts += [codestream.write_coding_style(plan.style), codestream.write_quantization(picture.steps)]
        if picture.roi_shift:
            parts += [codestream.write_roi(c, picture.roi_shift) for c in range(len(plan.size.components))]
        if comment is not None:
            parts.append(codestream.write_comment(comment))
        return b"".join(parts)

    def everything(self) -> bytes:
        """All passes; the layers before the last by their worth."""
        return self._layered(self.all_passes)

    def to_size(self, target: int, final: bool) -> bytes | None:
        """The best file of at most so many bytes; None where finer steps could fill it better."""
        sizes = self.ends.sizes
        if not final and (not len(sizes) or sizes[-1] < SPARE * target):
            return None
        if not len(sizes) or sizes[-1] <= target:
            whole = self._best(len(sizes))
            if len(whole) <= target:
                return whole
        count = rate_control.fit(sizes, target, lambda count: len(self._best(count)))
        found = self._best(count)
        if len(found) > target:
            what = f"{len(found) - target} bytes too few, without any coefficient"
            raise ValueError(f"bits_per_pixel, target_bytes: {what}")
        return self._filled(found, self.ends.passes_of(count, len(self.all_passes)), target)

    def _filled(self, found: bytes, last: NDArray[np.int64], target: int) -> bytes:
        """A file of so many passes of each code-block, with as many more as fit."""
        coded, room = self.picture.coded, target - len(found)
        every = rate_control.every_pass([c.encoded.lengths for c in coded], [c.gains for c in coded])
        for _ in range(FILL_ATTEMPTS):
            more = rate_control.fill(every, last, room)
            if room < FILLED or (more == last).all():
                break
            data = self._layered(more)
            if len(data) <= target:
                found, last, room = data, more, target - len(data)
            else:
                room -= len(data) - target
        return found

    def to_psnr(self, samples: NDArray[Any], target: float) -> bytes | None:
        """The smallest file that reaches a quality; None where that needs finer steps.

        What the coefficients say leaves out that samples are rounded and clipped: each attempt is decoded.
        """
        peak = (1 << self.plan.depth) - 1
        wanted = samples.size * (peak * 10 ** (-target / 20)) ** 2
        errors = self.picture.energy - self.ends.errors
        best: bytes | None = None
        allowed, most = wanted, len(errors)
        for _ in range(PSNR_ATTEMPTS):
            count = 0 if self.picture.energy <= allowed else int(np.searchsorted(-errors, -allowed)) + 1
            if count > most:
                break
            data = self._best(count)
            reached = psnr(samples, decode(data).reshape(samples.shape), data_range=peak)
            if reached >= target and (best is None or len(data) < len(best)):
                best = data
            if target <= reached < target + PSNR_TOLERANCE or not math.isfinite(reached) or not count:
                break
            allowed *= 10 ** ((reached - target - PSNR_TOLERANCE / 2) / 10)
        return best

    def _best(self, count: int) -> bytes:
        """A file of the best so many ends."""
        return self._layered(self.ends.passes_of(count, len(self.all_passes)))

    def _layered(self, last: NDArray[np.int64]) -> bytes:
        """A file of so many passes of each code-block; each layer has half the bytes of the next."""
        layers, cuts = (
            self.plan.style.layers,
            [last],
        )  # of each layer the passes that it goes up to, last layer first
        if layers > 1:
            coded = zip(self.picture.coded, last.tolist(), strict=True)
            total = sum(c.encoded.lengths[passes - 1] for c, passes in coded if passes)
            for layer in range(1, layers):
                part = int(np.searchsorted(self.ends.sizes, total >> layer, side="right"))
                cuts.append(np.minimum(self.ends.passes_of(part, len(last)), last))
        passes = [cut.tolist() for cut in reversed(cuts)]
        tiles = [codestream.write_tile_part(t.index, self._packets(t, passes)) for t in self.picture.tiles]
        index = codestream.write_tile_lengths([sum(map(len, t)) for t in tiles] if self.plan.tile_lengths else [])
        return b"".join([self.head, index, *itertools.chain.from_iterable(tiles), b"\xff\xd9"])

    def _packets(self, tile: Tile, cuts: Sequence[Sequence[int]]) -> list[bytes]:
        style = self.plan.style
        fresh: dict[tuple[int, int, int], list[BandOfPrecinct]] = {}
        body: list[bytes] = []
        for packet in progression.packets(self.plan.size, tile, style.progression, style.layers, ()):
            place = packet[1:]
            resolution = tile.components[packet.component].resolutions[packet.resolution]
            if place not in fresh:
                fresh[place] = [self._fresh(band, cuts) for band in resolution.precinct(packet.precinct)]
            precinct = fresh[place]
            parts = [[self._contribution(block, packet.layer, cuts) for block in band.blocks] for band in precinct]
            body += packets.write_packet(precinct, packet.layer, style.components.block_style, parts)
        return body

    def _fresh(self, band: BandOfPrecinct, cuts: Sequence[Sequence[int]]) -> BandOfPrecinct:
        """A precinct's sub-band before its first packet, with the values of its tag trees."""
        if not band.blocks:
            return band
        first, zero_planes = [], []
        for block in band.blocks:
            block.passes, block.length_bits = 0, 3
            i = self.number[id(block)]
            layer = next((layer for layer, cut in enumerate(cuts) if cut[i]), None)
            first.append(len(cuts) if layer is None else layer)
            zero_planes.append(UNKNOWN if layer is None else block.zero_planes)
        width, height = band.width, len(band.blocks) // band.width
        inclusion, missing = TagTree(width, height, first), TagTree(width, height, zero_planes)
        return band._replace(inclusion=inclusion, zero_planes=missing)

    def _contribution(
        self, block: CodeBlock, layer: int, cuts: Sequence[Sequence[int]]
    ) -> packets.Contribution | None:
        i = self.number[id(block)]
        passes, before = cuts[layer][i], cuts[layer - 1][i] if layer else 0
        if passes <= before:
            return None
        encoded = self.picture.coded[i].encoded
        start = encoded.lengths[before - 1] if before else 0
        piece = encoded.data[start : encoded.lengths[passes - 1]]
        if layer == len(cuts) - 1 or cuts[-1][i] == passes:
            piece = piece.rstrip(b"\xff")
        return packets.Contribution(passes - before, [piece])
