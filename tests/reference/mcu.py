"""A.2.3: the order of blocks in an MCU, by loops; blocks are anything that can stand in a list."""


def order(mcu_rows: int, mcu_columns: int, factors: list[tuple[int, int]]) -> list[list[tuple[int, int, int]]]:
    """For each MCU the (component, block row, block column) of its blocks."""
    mcus = []
    for mcu_row in range(mcu_rows):
        for mcu_column in range(mcu_columns):
            mcus.append([])
            for component, (v, h) in enumerate(factors):
                for y in range(v):
                    for x in range(h):
                        mcus[-1].append((component, mcu_row * v + y, mcu_column * h + x))
    return mcus


def pad(dc: list[list[int]], mcu_rows: int, mcu_columns: int, v: int, h: int) -> list[list[int]]:
    """DC of every block: a block that is missing takes that of the block coded before it in its MCU."""
    full = [[0] * (mcu_columns * h) for _ in range(mcu_rows * v)]
    for mcu in order(mcu_rows, mcu_columns, [(v, h)]):
        before = None
        for _, row, column in mcu:
            if row < len(dc) and column < len(dc[0]):
                before = dc[row][column]
            assert before is not None
            full[row][column] = before
    return full
