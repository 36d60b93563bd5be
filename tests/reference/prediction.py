"""F.1.1.5.1: DIFF = DC - PRED, PRED being the DC before, or 0 after a restart."""


def differences(dc: list[int], resets: set[int], predictor: int = 0) -> list[int]:
    out = []
    for i, value in enumerate(dc):
        if i in resets:
            predictor = 0
        out.append(value - predictor)
        predictor = value
    return out


def sums(diff: list[int], resets: set[int], predictor: int = 0) -> list[int]:
    out = []
    for i, value in enumerate(diff):
        if i in resets:
            predictor = 0
        predictor = (predictor + value + 32768) % 65536 - 32768
        out.append(predictor)
    return out
