"""The order of packets: five progressions (T.800 B.12.1) and changes between them (B.12.2).

Layer, resolution, component and precinct identify a packet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.jpeg2000.container.codestream import ProgressionChange, Size
from numjpeg.jpeg2000.container.geometry import Tile

NAMES = ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL")
"""The first letter changes slowest: layer, resolution, component, position of the precinct (Table A.16)."""


class Packet(NamedTuple):
    """The numbers that identify a packet."""

    layer: int
    resolution: int
    component: int
    precinct: int


def packets(
    size: Size, tile: Tile, progression: int, layers: int, changes: Sequence[ProgressionChange]
) -> Iterator[Packet]:
    """All packets of a tile in the order of the codestream.

    Each progression order change covers a part of all packets, without those that came before.
    """
    if not changes:
        most = max(len(component.resolutions) for component in tile.components)
        whole = ProgressionChange(0, 0, layers, most, len(tile.components), progression)
        yield from _volume(size, tile, whole, layers)
        return
    done: dict[tuple[int, int, int], int] = {}  # by resolution, component, precinct: layers so far
    for change in changes:
        for packet in _volume(size, tile, change, layers):
            place = packet[1:]
            if packet.layer >= done.get(place, 0):
                done[place] = packet.layer + 1
                yield packet


def _volume(size: Size, tile: Tile, change: ProgressionChange, layers: int) -> Iterator[Packet]:
    """The packets between the bounds of one progression, in its order."""
    layer_range = range(min(change.LYEpoc, layers))
    components = range(change.CSpoc, min(change.CEpoc, len(tile.components)))
    most = max((len(tile.components[c].resolutions) for c in components), default=0)
    resolutions = range(change.RSpoc, min(change.REpoc, most))
    if change.progression in (0, 1):
        slots = [
            [
                (r, c, k)
                for c in components
                if r < len(tile.components[c].resolutions)
                for k in range(tile.components[c].resolutions[r].precinct_count)
            ]
            for r in resolutions
        ]
        if change.progression == 0:
            yield from (Packet(layer, *slot) for layer in layer_range for part in slots for slot in part)
        else:
            yield from (Packet(layer, *slot) for part in slots for layer in layer_range for slot in part)
        return
    for r, c, k in _by_position(size, tile, change.progression, components, resolutions):
        yield from (Packet(layer, r, c, k) for layer in layer_range)


def _by_position(
    size: Size, tile: Tile, progression: int, components: range, resolutions: range
) -> list[list[int]]:
    """(resolution, component, precinct) in an order by the position of precincts (B.12.1.3 to B.12.1.5)."""
    parts: list[NDArray[np.int64]] = []
    for c in components:
        spec = size.components[c]
        for r in resolutions[: max(0, len(tile.components[c].resolutions) - resolutions.start)]:
            resolution = tile.components[c].resolutions[r]
            k = np.arange(resolution.precinct_count)
            row, column = np.divmod(k, max(1, resolution.precincts_wide))
            # The precinct's upper left corner on the reference grid, or that of the tile if it lies outside.
            y = (resolution.py0 + row << resolution.PPy + resolution.level) * spec.YRsiz
            x = (resolution.px0 + column << resolution.PPx + resolution.level) * spec.XRsiz
            y, x = np.maximum(y, tile.box.y0), np.maximum(x, tile.box.x0)
            parts.append(np.stack([y, x, np.full_like(k, c), np.full_like(k, r), k]))
    if not parts:
        return []
    y, x, c_, r_, k = np.concatenate(parts, axis=1)
    slowest_last = {2: (k, c_, x, y, r_), 3: (k, r_, c_, x, y), 4: (k, r_, x, y, c_)}
    slots: list[list[int]] = np.stack([r_, c_, k], axis=1)[np.lexsort(slowest_last[progression])].tolist()
    return slots
