"""Entropy-coded data as a string of 0 and 1, and byte by byte."""


def pack(words: list[str]) -> tuple[bytes, int]:
    text = "".join(words)
    filled = text + "0" * (-len(text) % 8)
    return bytes(int(filled[i : i + 8], 2) for i in range(0, len(filled), 8)), len(text)


def text(data: bytes) -> str:
    return "".join(format(byte, "08b") for byte in data)


def stuff(data: bytes, boundaries: tuple[int, ...] = (), first_restart: int = 0) -> bytes:
    out = bytearray()
    m = first_restart
    for i in range(len(data) + 1):
        if i in boundaries:
            out += bytes([0xFF, 0xD0 + m % 8])
            m += 1
        if i < len(data):
            out.append(data[i])
            if data[i] == 0xFF:
                out.append(0)
    return bytes(out)


def unstuff(data: bytes, start: int, end: int) -> tuple[bytes, list[int], list[int], list[int]]:
    """(payload, where intervals begin, m of their RSTm, the file offset of each byte of the payload)."""
    payload, starts, restarts, offsets = bytearray(), [0], [], []
    i = start
    while i < end:
        if data[i] != 0xFF:
            payload.append(data[i])
            offsets.append(i)
            i += 1
            continue
        if i + 1 == end or data[i + 1] == 0xFF:  # a fill byte (B.1.1.2)
            i += 1
        elif data[i + 1] == 0:
            payload.append(0xFF)
            offsets.append(i)
            i += 2
        else:
            assert 0xD0 <= data[i + 1] <= 0xD7
            starts.append(len(payload))
            restarts.append(data[i + 1] - 0xD0)
            i += 2
    return bytes(payload), starts, restarts, offsets
