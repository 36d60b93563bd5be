"""Mutations of files that know what a marker segment is: random bytes seldom come past the first length field."""

from __future__ import annotations

import random
from collections.abc import Callable

MARKERS = bytes(
    [0xC0, 0xC1, 0xC2, 0xC4, 0xD0, 0xD1, 0xD7, 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xE0, 0xE1, 0xE2, 0xFE]
)
JPEG_2000_MARKERS = bytes.fromhex("4f50515253555758 5c5d5e5f606163649091929393d9".replace(" ", ""))


def marker_for(data: bytearray, chance: random.Random) -> int:
    """The second byte of a marker of the file's kind."""
    return chance.choice(MARKERS if data[:2] == b"\xff\xd8" else JPEG_2000_MARKERS)


def marker_places(data: bytes | bytearray) -> list[int]:
    """Where 0xFF stands in front of a byte that is a marker's."""
    return [i for i in range(len(data) - 1) if data[i] == 0xFF and data[i + 1] not in (0, 0xFF)]


def _place(data: bytearray, chance: random.Random) -> int:
    """Any place, or one close behind a marker, where headers are."""
    markers = marker_places(data)
    if markers and chance.random() < 0.5:
        return min(len(data) - 1, chance.choice(markers) + chance.randrange(24))
    return chance.randrange(len(data))


def change_bytes(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        place = _place(data, chance)
        data[place] = chance.choice((chance.randrange(256), data[place] ^ 1 << chance.randrange(8), 0, 0xFF))


def truncate(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(1, len(data) + 1) :]


def insert_marker(data: bytearray, chance: random.Random) -> None:
    place = _place(data, chance)
    data[place:place] = bytes((0xFF, marker_for(data, chance)))


def change_marker(data: bytearray, chance: random.Random) -> None:
    if markers := marker_places(data):
        data[chance.choice(markers) + 1] = marker_for(data, chance)


def remove_bytes(data: bytearray, chance: random.Random) -> None:
    place = _place(data, chance)
    del data[place : place + chance.choice((1, 2, 8, 64))]


def repeat_bytes(data: bytearray, chance: random.Random) -> None:
    place, length = _place(data, chance), chance.choice((1, 2, 16, 64))
    data[place:place] = data[place : place + length] * chance.choice((1, 1, 2, 16))


def move_segment(data: bytearray, chance: random.Random) -> None:
    """What lies between two markers goes, or comes again, in front of another marker."""
    markers = marker_places(data)
    if len(markers) < 3:
        return
    i = chance.randrange(1, len(markers) - 1)
    part = bytes(data[markers[i] : markers[i + 1]])
    target = chance.choice(markers)
    if chance.random() < 0.5:
        del data[markers[i] : markers[i + 1]]
        if target > markers[i]:
            target -= len(part)
    data[target:target] = part


MUTATIONS: list[Callable[[bytearray, random.Random], None]] = [
    change_bytes,
    change_bytes,
    change_bytes,
    truncate,
    insert_marker,
    change_marker,
    remove_bytes,
    repeat_bytes,
    move_segment,
]


def mutate(data: bytes, chance: random.Random, largest: int) -> bytes:
    """A changed file of at most ``largest`` bytes."""
    out = bytearray(data or b"\xff\xd8")
    for _ in range(chance.choice((1, 1, 2, 3))):
        chance.choice(MUTATIONS)(out, chance)
        if not out:
            out = bytearray(b"\xff\xd8")
    return bytes(out[:largest])
