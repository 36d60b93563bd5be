"""The MQ coder (T.800 Annex C): the binary arithmetic coder of JPEG 2000, one decision at a time.

The *state* of a context is ``2 * index + mps``: its row in Table C.2 and its more probable symbol.
"""

from __future__ import annotations

from numjpeg.jpeg2000.block_coding.contexts import CONTEXTS, INITIAL_STATES

# Table C.2: probability estimate Qe, next index after an MPS and after an LPS, whether the LPS switches the MPS.
TABLE = (
    (0x5601, 1, 1, 1), (0x3401, 2, 6, 0), (0x1801, 3, 9, 0), (0x0AC1, 4, 12, 0), (0x0521, 5, 29, 0),
    (0x0221, 38, 33, 0), (0x5601, 7, 6, 1), (0x5401, 8, 14, 0), (0x4801, 9, 14, 0), (0x3801, 10, 14, 0),
    (0x3001, 11, 17, 0), (0x2401, 12, 18, 0), (0x1C01, 13, 20, 0), (0x1601, 29, 21, 0), (0x5601, 15, 14, 1),
    (0x5401, 16, 14, 0), (0x5101, 17, 15, 0), (0x4801, 18, 16, 0), (0x3801, 19, 17, 0), (0x3401, 20, 18, 0),
    (0x3001, 21, 19, 0), (0x2801, 22, 19, 0), (0x2401, 23, 20, 0), (0x2201, 24, 21, 0), (0x1C01, 25, 22, 0),
    (0x1801, 26, 23, 0), (0x1601, 27, 24, 0), (0x1401, 28, 25, 0), (0x1201, 29, 26, 0), (0x1101, 30, 27, 0),
    (0x0AC1, 31, 28, 0), (0x09C1, 32, 29, 0), (0x08A1, 33, 30, 0), (0x0521, 34, 31, 0), (0x0441, 35, 32, 0),
    (0x02A1, 36, 33, 0), (0x0221, 37, 34, 0), (0x0141, 38, 35, 0), (0x0111, 39, 36, 0), (0x0085, 40, 37, 0),
    (0x0049, 41, 38, 0), (0x0025, 42, 39, 0), (0x0015, 43, 40, 0), (0x0009, 44, 41, 0), (0x0005, 45, 42, 0),
    (0x0001, 45, 43, 0), (0x5601, 46, 46, 0),
)  # fmt: skip

QE = tuple(row[0] for row in TABLE for _ in (0, 1))  # by state
AFTER_MPS = tuple(2 * row[1] + mps for row in TABLE for mps in (0, 1))
AFTER_LPS = tuple(2 * row[2] + (mps ^ row[3]) for row in TABLE for mps in (0, 1))


def initial_states() -> list[int]:
    """The states of all contexts at the start of a code-block (Table D.7)."""
    return [2 * INITIAL_STATES.get(context, 0) for context in range(CONTEXTS)]


class Decoder:
    """Reads decisions from one code word segment (C.3)."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.A = data, 0, 0x8000
        self.C, self.CT = self._byte(0) << 16, 0
        self._byte_in()
        self.C, self.CT = self.C << 7, self.CT - 7

    def _byte(self, at: int) -> int:
        return self.data[at] if at < len(self.data) else 0xFF

    def _byte_in(self) -> None:  # Figure C.19
        after_ff = self._byte(self.at) == 0xFF
        if after_ff and self._byte(self.at + 1) > 0x8F:
            self.C += 0xFF00
            self.CT = 8
        else:
            self.at += 1
            self.C += self._byte(self.at) << 8 + after_ff
            self.CT = 8 - after_ff

    def decode(self, states: list[int], context: int) -> int:
        """The next decision in a context; updates its state (Figures C.15 to C.18)."""
        state = states[context]
        qe, mps = QE[state], state & 1
        self.A -= qe
        if qe > self.C >> 16:
            lps = qe <= self.A  # otherwise a conditional exchange: the MPS has the smaller part
            self.A = qe
        else:
            self.C -= qe << 16
            if self.A & 0x8000:
                return mps
            lps = qe > self.A
        states[context] = AFTER_LPS[state] if lps else AFTER_MPS[state]
        while True:  # RENORMD
            if self.CT == 0:
                self._byte_in()
            self.A <<= 1
            self.C = self.C << 1 & 0xFFFFFFFF
            self.CT -= 1
            if self.A & 0x8000:
                return mps ^ lps


class RawDecoder:
    """Reads the raw bits of selective bypass (D.6): a byte after FF has only seven."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.left, self.byte = data, 0, 0, 0

    def bit(self) -> int:
        """The next bit; a one after a marker or the end of the data."""
        if self.left == 0:
            following = self.data[self.at] if self.at < len(self.data) else 0xFF
            marker = self.byte == 0xFF and following > 0x8F
            self.left = 7 if self.byte == 0xFF and not marker else 8
            self.byte = 0xFF if marker else following
            self.at += not marker
        self.left -= 1
        return self.byte >> self.left & 1


class Encoder:
    """Writes decisions to one code word segment (C.2)."""

    def __init__(self) -> None:
        self.A, self.C, self.CT = 0x8000, 0, 12
        self.out = bytearray([0])  # stands before the first byte; no carry reaches it

    def encode(self, states: list[int], context: int, decision: int) -> None:
        """Code a decision in a context; updates its state (Figures C.3 to C.7)."""
        state = states[context]
        qe = QE[state]
        self.A -= qe
        mps = decision == state & 1
        exchange = qe > self.A  # normally the LPS has the lower part, of size Qe: if that is the larger, the MPS
        if exchange == mps:
            self.A = qe
        else:
            self.C += qe
            if mps and self.A & 0x8000:
                return
        states[context] = AFTER_MPS[state] if mps else AFTER_LPS[state]
        while True:  # RENORME
            self.A <<= 1
            self.C <<= 1
            self.CT -= 1
            if self.CT == 0:
                self._byte_out()
            if self.A & 0x8000:
                return

    def _byte_out(self) -> None:  # Figure C.8
        if self.out[-1] != 0xFF and self.C >= 0x8000000:
            self.out[-1] += 1
            self.C &= 0x7FFFFFF
        self.CT = 7 if self.out[-1] == 0xFF else 8
        self.out.append(self.C >> 27 - self.CT)
        self.C &= (1 << 27 - self.CT) - 1

    def flush(self) -> bytes:
        """End the segment (Figure C.11) and return its bytes."""
        top = self.C + self.A
        self.C |= 0xFFFF
        if top <= self.C:
            self.C -= 0x8000
        for _ in range(2):
            self.C <<= self.CT
            self._byte_out()
        return bytes(self.out[1:-1] if self.out[-1] == 0xFF else self.out[1:])
