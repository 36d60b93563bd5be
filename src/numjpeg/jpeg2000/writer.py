"""Coded code-blocks to a codestream: where each is cut, quality layers, packets, markers."""

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

SPARE = 1.15  # code-blocks should hold so many times the bytes wanted: finer steps give better places to cut
FILL_ATTEMPTS = 5  # how often passes are added to fill the last bytes: they make packet headers grow, too
FILLED = 3  # a file is full when fewer bytes than these are left
PSNR_ATTEMPTS, PSNR_TOLERANCE = 5, 0.05  # at most so many files are tried; one ends the search within so many dB


class Writer:
    """Puts files together from the code-blocks of one picture, each cut after one of its passes."""

    def __init__(self, plan: Plan, picture: CodedPicture, comment: bytes | None) -> None:
        self.plan, self.picture = plan, picture
        self.index_of = {id(c.block): i for i, c in enumerate(picture.coded)}
        self.main_header = self._main_header(comment)
        self.all_passes = np.array([len(c.encoded.lengths) for c in picture.coded], np.int64)

    @functools.cached_property
    def ends(self) -> rate_control.Ends:
        """Where all code-blocks may be cut, best first."""
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
            parts.append(comment)
        return b"".join(parts)

    def everything(self) -> bytes:
        """The file with all passes. Layers before the last take those that lower the error most."""
        return self._layered(self.all_passes)

    def to_size(self, target: int, final: bool) -> bytes | None:
        """The best file of at most ``target`` bytes.

        None if finer steps could fill it better, unless ``final`` says that no finer ones follow.
        """
        sizes = self.ends.sizes
        if not final and (not len(sizes) or sizes[-1] < SPARE * target):
            return None
        if not len(sizes) or sizes[-1] <= target:
            whole = self._best(len(sizes))
            if len(whole) <= target:
                return whole
        count = rate_control.fit(sizes, target, lambda count: len(self._best(count)))
        data = self._best(count)
        if len(data) > target:
            what = f"{len(data) - target} bytes too few, without any coefficient"
            raise ValueError(f"bits_per_pixel, target_bytes: {what}")
        return self._filled(data, self.ends.passes_of(count, len(self.all_passes)), target)

    def _filled(self, data: bytes, cut: NDArray[np.int64], target: int) -> bytes:
        """The file whose code-blocks have ``cut`` passes, or a larger one with as many more as fit."""
        coded, room = self.picture.coded, target - len(data)
        all_cuts = rate_control.all_cuts([c.encoded.lengths for c in coded], [c.gains for c in coded])
        for _ in range(FILL_ATTEMPTS):
            later = rate_control.fill(all_cuts, cut, room)
            if room < FILLED or (later == cut).all():
                break
            larger = self._layered(later)
            if len(larger) <= target:
                data, cut, room = larger, later, target - len(larger)
            else:
                room -= len(larger) - target
        return data

    def to_psnr(self, samples: NDArray[Any], target: float, final: bool) -> bytes | None:
        """The smallest file that reaches ``target`` dB; None if these steps are too coarse for it.

        Coefficients do not tell the error exactly, as samples are rounded and clipped: each file is decoded.
        ``final`` says that no finer steps follow, so that a file of all passes is tried as well.
        """
        peak = (1 << self.plan.depth) - 1

        def measure(data: bytes) -> float:
            return psnr(samples, decode(data).reshape(samples.shape), data_range=peak)

        errors = self.picture.energy - self.ends.errors
        allowed = samples.size * (peak * 10 ** (-target / 20)) ** 2
        best: bytes | None = None
        for _ in range(PSNR_ATTEMPTS):
            count = 0 if self.picture.energy <= allowed else int(np.searchsorted(-errors, -allowed)) + 1
            if count > len(errors):
                break
            data = self._best(count)
            reached = measure(data)
            if reached >= target and (best is None or len(data) < len(best)):
                best = data
            if target <= reached < target + PSNR_TOLERANCE or not math.isfinite(reached) or not count:
                break
            allowed *= 10 ** ((reached - target - PSNR_TOLERANCE / 2) / 10)
        if best is None and final:
            data = self.everything()
            best = data if measure(data) >= target else None
        return best

    def _best(self, count: int) -> bytes:
        """The file with the best ``count`` ends."""
        return self._layered(self.ends.passes_of(count, len(self.all_passes)))

    def _layered(self, last_cut: NDArray[np.int64]) -> bytes:
        """The file whose code-blocks have ``last_cut`` passes. Each layer has half the bytes of the next."""
        layers, cuts = self.plan.style.layers, [last_cut]  # passes up to each layer, last layer first
        if layers > 1:
            coded = zip(self.picture.coded, last_cut.tolist(), strict=True)
            total = sum(c.encoded.lengths[passes - 1] for c, passes in coded if passes)
            for halvings in range(1, layers):
                count = int(np.searchsorted(self.ends.sizes, total >> halvings, side="right"))
                cuts.append(np.minimum(self.ends.passes_of(count, len(last_cut)), last_cut))
        passes = [cut.tolist() for cut in reversed(cuts)]
        tiles = [codestream.write_tile_part(t.index, self._packets(t, passes)) for t in self.picture.tiles]
        sizes = [sum(map(len, tile)) for tile in tiles] if self.plan.tile_lengths else []
        tile_lengths = codestream.write_tile_lengths(sizes)
        return b"".join([self.main_header, tile_lengths, *itertools.chain.from_iterable(tiles), b"\xff\xd9"])

    def _packets(self, tile: Tile, cuts: Sequence[Sequence[int]]) -> list[bytes]:
        style = self.plan.style
        precincts: dict[tuple[int, int, int], list[BandOfPrecinct]] = {}
        body: list[bytes] = []
        for packet in progression.packets(self.plan.size, tile, style.progression, style.layers, ()):
            place = packet[1:]  # resolution, component, precinct
            resolution = tile.components[packet.component].resolutions[packet.resolution]
            if place not in precincts:
                bands = resolution.precinct(packet.precinct)
                precincts[place] = [self._with_tag_trees(band, cuts) for band in bands]
            precinct = precincts[place]
            parts = [[self._contribution(block, packet.layer, cuts) for block in band.blocks] for band in precinct]
            body += packets.write_packet(precinct, packet.layer, style.components.block_style, parts)
        return body

    def _with_tag_trees(self, band: BandOfPrecinct, cuts: Sequence[Sequence[int]]) -> BandOfPrecinct:
        """A precinct's part of a sub-band before its first packet, with the values of its tag trees."""
        if not band.blocks:
            return band
        first_layers, zero_planes = [], []
        for block in band.blocks:
            block.passes, block.length_bits = 0, 3
            i = self.index_of[id(block)]
            layer = next((layer for layer, cut in enumerate(cuts) if cut[i]), None)
            first_layers.append(len(cuts) if layer is None else layer)
            zero_planes.append(UNKNOWN if layer is None else block.zero_planes)
        width, height = band.width, len(band.blocks) // band.width
        inclusion, missing = TagTree(width, height, first_layers), TagTree(width, height, zero_planes)
        return band._replace(inclusion=inclusion, zero_planes=missing)

    def _contribution(
        self, block: CodeBlock, layer: int, cuts: Sequence[Sequence[int]]
    ) -> packets.Contribution | None:
        i = self.index_of[id(block)]
        passes, before = cuts[layer][i], (cuts[layer - 1][i] if layer else 0)
        if passes <= before:
            return None
        encoded = self.picture.coded[i].encoded
        start = encoded.lengths[before - 1] if before else 0
        piece = encoded.data[start : encoded.lengths[passes - 1]]
        if layer == len(cuts) - 1 or cuts[-1][i] == passes:
            piece = piece.rstrip(b"\xff")  # the decoder reads ones behind the end
        return packets.Contribution(passes - before, [piece])
