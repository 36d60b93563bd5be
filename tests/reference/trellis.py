"""All choices of the trellis, tried one by one: what a block or a chain of DC coefficients costs at the least."""

from __future__ import annotations

from itertools import product

import numpy as np

from numjpeg.stages.huffman import HuffmanTable, huffman_codes

MISSING = 18


def category(value: int) -> int:
    return abs(value).bit_length()


def length(table: HuffmanTable, symbol: int) -> int:
    return int(huffman_codes(table).length[symbol]) or MISSING


def block_bits(levels: list[int], table: HuffmanTable) -> int:
    """Bits of the AC coefficients of a block of 64 levels (T.81 F.1.2.2)."""
    bits = run = 0
    for level in levels[1:]:
        if level == 0:
            run += 1
            continue
        while run > 15:
            bits += length(table, 0xF0)
            run -= 16
        bits += length(table, run << 4 | category(level)) + category(level)
        run = 0
    return bits + (length(table, 0x00) if run else 0)


def block_cost(quotients, levels, exchange, table: HuffmanTable, weight: float = 1.0) -> float:
    distortion = sum(
        weight * float(e) * (float(t) - int(m)) ** 2
        for t, m, e in zip(quotients[1:], levels[1:], exchange[1:], strict=True)
    )
    return block_bits([int(m) for m in levels], table) + distortion


def least_block_cost(quotients, exchange, table: HuffmanTable, weight: float = 1.0) -> float:
    """Over all blocks whose AC levels are the nearest, one less in magnitude, or zero."""
    choices = []
    for t in quotients:
        nearest = round(float(t))
        lower = nearest - (nearest > 0) + (nearest < 0)
        choices.append(sorted({nearest, lower, 0}))
    choices[0] = [0]
    return min(block_cost(quotients, levels, exchange, table, weight) for levels in product(*choices))


def chain_cost(quotients, levels, exchange: float, table: HuffmanTable, weights) -> float:
    cost, before = 0.0, 0
    for t, level, weight in zip(quotients, levels, weights, strict=True):
        size = category(int(level) - before)
        cost += length(table, size) + size + float(weight) * exchange * (float(t) - int(level)) ** 2
        before = int(level)
    return cost


def least_chain_cost(quotients, exchange: float, table: HuffmanTable, weights) -> float:
    """Over all chains of levels at most one away from the nearest."""
    nearest = np.rint(quotients).astype(int).tolist()
    return min(
        chain_cost(quotients, levels, exchange, table, weights)
        for levels in product(*([n - 1, n, n + 1] for n in nearest))
    )
