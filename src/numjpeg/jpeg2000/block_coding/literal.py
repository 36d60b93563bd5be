"""The block coder in the order of T.800 Annex D: one code-block, one coefficient after another.

It is slow and plain. Tests compare the lockstep coders with it; :mod:`numjpeg.jpeg2000.pipeline` uses it.

A bit-plane is coded in three passes. *Significance propagation* visits the coefficients that have a significant
neighbour, *magnitude refinement* those that are significant already, and *clean-up* all the rest. A pass scans
stripes of four rows, column by column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.jpeg2000.block_coding import contexts, mq_coder
from numjpeg.jpeg2000.block_coding.contexts import NEIGHBOURS, REFINEMENT, RUN, UNIFORM

_SIGNIFICANCE = contexts.significance_contexts()
_SIGN, _FLIP = contexts.sign_contexts()

Coder = Callable[[int, int], int]
"""(context, decision) to decision. An encoder codes the given decision, a decoder returns its own."""


class _Block:
    """The state of a code-block, in both directions. The argument ``code`` of its methods is the entropy coder."""

    def __init__(self, height: int, width: int, kind: int, style: int) -> None:
        self.height, self.width, self.kind, self.style = height, width, kind, style
        self.negative, self.significant, self.refined, self.visited = np.zeros((4, height, width), bool)
        self.magnitude = np.zeros((height, width), np.int64)
        self.half = np.zeros((height, width), np.int64)  # known part of magnitudes, in half units
        self.plane, self.raw = 0, False

    def scan(self) -> Iterator[tuple[int, int]]:
        """All coefficients in the order of D.1."""
        for top in range(0, self.height, 4):
            for x in range(self.width):
                for y in range(top, min(top + 4, self.height)):
                    yield y, x

    def neighbourhood(self, y: int, x: int) -> int:
        """Which neighbours are significant, and their signs; see :mod:`.contexts`."""
        pattern = 0
        for i, (dy, dx) in enumerate(NEIGHBOURS):
            v, u = y + dy, x + dx
            next_stripe = y % 4 == 3 and dy == 1
            if self.style & contexts.VERTICALLY_CAUSAL and next_stripe:  # D.7
                continue
            if 0 <= v < self.height and 0 <= u < self.width and self.significant[v, u]:
                pattern |= 1 << i | (int(self.negative[v, u]) << 8 + i if i < 4 else 0)
        return pattern

    def bit(self, y: int, x: int) -> int:
        """The coefficient's bit in the current plane, for an encoder."""
        return int(self.magnitude[y, x] >> self.plane & 1)

    def code_sign(self, y: int, x: int, code: Coder) -> None:
        """The coefficient becomes significant: code its sign (D.3.2)."""
        pattern = self.neighbourhood(y, x)
        flip = 0 if self.raw else int(_FLIP[pattern & 4095])
        self.negative[y, x] = code(int(_SIGN[pattern & 4095]), int(self.negative[y, x]) ^ flip) ^ flip
        self.significant[y, x] = True
        self.half[y, x] = 3 << self.plane

    def propagate(self, code: Coder) -> None:
        """Significance propagation pass (D.3.1)."""
        self.visited[:] = False
        for y, x in self.scan():
            pattern = self.neighbourhood(y, x) & 255
            if pattern and not self.significant[y, x]:
                self.visited[y, x] = True
                if code(int(_SIGNIFICANCE[self.kind, pattern]), self.bit(y, x)):
                    self.code_sign(y, x, code)

    def refine(self, code: Coder) -> None:
        """Magnitude refinement pass (D.3.3)."""
        for y, x in self.scan():
            if self.significant[y, x] and not self.visited[y, x]:
                near = self.neighbourhood(y, x) & 255
                context = REFINEMENT + (2 if self.refined[y, x] else 1 if near else 0)
                self.half[y, x] += (2 * code(context, self.bit(y, x)) - 1) << self.plane
                self.refined[y, x] = True

    def clean_up(self, code: Coder) -> None:
        """Clean-up pass (D.3.4): four in a column without significant neighbours are coded as a run."""
        for top in range(0, self.height, 4):
            for x in range(self.width):
                rows = range(top, min(top + 4, self.height))
                start = top
                if len(rows) == 4 and not any(self._known(y, x) for y in rows):
                    first = next((y for y in rows if self.bit(y, x)), None)
                    if not code(RUN, int(first is not None)):
                        continue
                    offset = 0 if first is None else first - top
                    offset = code(UNIFORM, offset >> 1) << 1 | code(UNIFORM, offset & 1)
                    self.code_sign(top + offset, x, code)
                    start = top + offset + 1
                for y in range(start, rows.stop):
                    if self.significant[y, x] or self.visited[y, x]:
                        continue
                    context = int(_SIGNIFICANCE[self.kind, self.neighbourhood(y, x) & 255])
                    if code(context, self.bit(y, x)):
                        self.code_sign(y, x, code)
        if self.style & contexts.SEGMENTATION:  # D.5
            for decision in (1, 0, 1, 0):
                code(UNIFORM, decision)
        self.visited[:] = False

    def _known(self, y: int, x: int) -> bool:
        return bool(self.significant[y, x] or self.visited[y, x] or self.neighbourhood(y, x) & 255)

    def run_pass(self, number: int, planes: int, code: Coder) -> None:
        """Code pass ``number``; pass 0 is the clean-up pass of the first bit-plane."""
        self.plane = planes - 1 - (number + 2) // 3
        self.raw = contexts.is_raw(number, self.style)
        (self.clean_up, self.propagate, self.refine)[number % 3](code)


def decode_block(
    segments: Sequence[tuple[int, bytes]], shape: tuple[int, int], kind: int, planes: int, style: int = 0
) -> NDArray[np.int32]:
    """Decode one code-block of ``shape`` (height, width) to int32 coefficients in half units.

    Each code word segment is (number of coding passes, bytes). ``kind`` is the entry of ``contexts.BAND_KIND`` for
    the sub-band, ``planes`` the number of coded magnitude bit-planes, ``style`` as in Table A.19.
    """
    block, states, number = _Block(*shape, kind, style), mq_coder.initial_states(), 0
    for passes, data in segments:
        if contexts.is_raw(number, style):
            raw = mq_coder.RawDecoder(data)
            code: Coder = lambda context, decision, raw=raw: raw.bit()  # type: ignore[misc]  # noqa: E731
        else:
            mq = mq_coder.Decoder(data)
            code = lambda context, decision, mq=mq: mq.decode(states, context)  # type: ignore[misc]  # noqa: E731
        for _ in range(passes):
            if style & contexts.RESET:
                states[:] = mq_coder.initial_states()
            block.run_pass(number, planes, code)
            number += 1
    return np.where(block.negative, -block.half, block.half).astype(np.int32)


def encode_block(values: NDArray[np.int32], kind: int) -> tuple[int, bytes]:
    """Encode one code-block: the number of its magnitude bit-planes, and its bytes.

    All 3 * planes - 2 passes are in one code word segment. A code-block of zeros has no planes and no bytes.
    """
    height, width = values.shape
    block = _Block(height, width, kind, 0)
    block.magnitude[:] = np.abs(values)
    block.negative[:] = values < 0
    planes = int(block.magnitude.max(initial=0)).bit_length()
    mq, states = mq_coder.Encoder(), mq_coder.initial_states()

    def code(context: int, decision: int) -> int:
        mq.encode(states, context, decision)
        return decision

    for number in range(3 * planes - 2):
        block.run_pass(number, planes, code)
    return planes, mq.flush() if planes else b""
