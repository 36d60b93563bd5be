"""Figure 5 / Figure A.6: the zig-zag by walking the diagonals."""


def walk() -> list[tuple[int, int]]:
    """(row, column) of each member of the sequence."""
    path = []
    for diagonal in range(15):
        cells = [(v, diagonal - v) for v in range(8) if 0 <= diagonal - v < 8]
        # The first step goes to the right, so odd diagonals run downwards and even ones upwards.
        path += cells if diagonal % 2 else cells[::-1]
    return path
