"""libjpeg's filters per sample."""

Plane = list[list[int]]


def downsample(plane: Plane, h: int, v: int) -> Plane:
    out = []
    for y in range(len(plane) // v):
        out.append([])
        for x in range(len(plane[0]) // h):
            total = sum(plane[y * v + j][x * h + i] for j in range(v) for i in range(h))
            if (h, v) == (2, 1):
                bias = (0, 1)[x % 2]
            elif (h, v) == (2, 2):
                bias = (1, 2)[x % 2]
            else:
                bias = h * v // 2
            out[y].append((total + bias) // (h * v))
    return out


def upsample(plane: Plane, h: int, v: int, fancy: bool = True) -> Plane:
    height, width = len(plane), len(plane[0])

    def at(y: int, x: int) -> int:
        """A sample; beyond an edge, the edge's."""
        return plane[min(max(y, 0), height - 1)][min(max(x, 0), width - 1)]

    out = [[0] * (width * h) for _ in range(height * v)]
    for row in range(height * v):
        for column in range(width * h):
            y, x = row // v, column // h
            beside = x - 1 if column % 2 == 0 else x + 1
            other = y - 1 if row % 2 == 0 else y + 1
            if fancy and (h, v) == (2, 1) and width > 2:
                value = (3 * at(y, x) + at(y, beside) + (1, 2)[column % 2]) // 4
            elif fancy and (h, v) == (1, 2):
                value = (3 * at(y, x) + at(other, x) + (1, 2)[row % 2]) // 4
            elif fancy and (h, v) == (2, 2) and width > 2:
                near = 3 * at(y, x) + at(other, x)
                far = 3 * at(y, beside) + at(other, beside)
                value = (3 * near + far + (8, 7)[column % 2]) // 16
            else:
                value = at(y, x)
            out[row][column] = value
    return out
