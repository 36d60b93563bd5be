"""Orders of packets, against nested loops as the standard writes them (T.800 B.12.1)."""

from __future__ import annotations

import itertools

import pytest

from numjpeg.jpeg2000.container import progression
from numjpeg.jpeg2000.container.codestream import CodingStyle, ComponentSize, ProgressionChange, Quantization, Size
from numjpeg.jpeg2000.container.geometry import Tile, TileComponent, component_box, tile_box

LAYERS, LEVELS = 3, 2
SIZE = Size(0, 50, 41, 3, 5, 50, 41, 0, 0, (ComponentSize(8, False, 1, 1), ComponentSize(8, False, 2, 2)))


def tile() -> Tile:
    box = tile_box(SIZE, 0)
    style = CodingStyle(LEVELS, 3, 3, 0, True, ((3, 3), (3, 4), (4, 4)))
    steps = Quantization(0, 2, ((8, 0),) * 7)
    return Tile(0, box, [TileComponent(component_box(SIZE, c, box), style, steps, 8, 0) for c in range(2)])


def literally(order: str) -> list[tuple[int, int, int, int]]:
    """Every packet by the loops of B.12.1; positions one by one."""
    own = tile()
    found = []
    positions = list(itertools.product(range(own.box.y0, own.box.y1), range(own.box.x0, own.box.x1)))
    names = {"L": range(LAYERS), "R": range(LEVELS + 1), "C": range(2), "P": positions}
    for values in itertools.product(*(names[letter] for letter in order)):
        at = dict(zip(order, values, strict=True))
        layer, r, c = at["L"], at["R"], at["C"]
        y, x = at["P"]  # type: ignore[misc]
        resolution, spec = own.components[c].resolutions[r], SIZE.components[c]
        level = LEVELS - r

        def begins(place: int, start: int, sampling: int, first: int, size: int, level: int = level) -> bool:
            step = sampling << size + level
            return place % step == 0 or (place == start and (first << level) % (1 << size + level) != 0)

        if not begins(y, own.box.y0, spec.YRsiz, resolution.box.y0, resolution.PPy):
            continue
        if not begins(x, own.box.x0, spec.XRsiz, resolution.box.x0, resolution.PPx):
            continue
        column = (-(-x // (spec.XRsiz << level)) >> resolution.PPx) - resolution.px0
        row = (-(-y // (spec.YRsiz << level)) >> resolution.PPy) - resolution.py0
        found.append((layer, r, c, row * resolution.precincts_wide + column))
    return found


@pytest.mark.parametrize("order", ["LRCP", "RLCP", "RPCL", "PCRL", "CPRL"])
def test_every_order(order: str) -> None:
    number = progression.NAMES.index(order)
    found = [tuple(packet) for packet in progression.packets(SIZE, tile(), number, LAYERS, ())]
    assert found == literally(order)


def test_changes_leave_out_what_came_before() -> None:
    changes = (ProgressionChange(0, 0, 2, 2, 2, 0), ProgressionChange(0, 0, LAYERS, LEVELS + 1, 2, 2))
    found = [tuple(packet) for packet in progression.packets(SIZE, tile(), 0, LAYERS, changes)]
    first = [packet for packet in literally("LRCP") if packet[0] < 2 and packet[1] < 2]
    assert found == first + [packet for packet in literally("RPCL") if packet not in first]
