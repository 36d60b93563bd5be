"""Scratch memory that a pipeline passes from band to band, so that it is asked for only once."""

from __future__ import annotations

from math import prod
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Element = TypeVar("Element", bound=np.generic)


class Workspace:
    """Arrays by name. Memory fresh from the system costs more than many an operation on it."""

    def __init__(self) -> None:
        self._memory: dict[str, NDArray[np.uint8]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: type[Element]) -> NDArray[Element]:
        """An array of undefined content; it is overwritten when the same name is asked for again."""
        size = prod(shape) * np.dtype(dtype).itemsize
        memory = self._memory.get(name)
        if memory is None or memory.size < size:
            memory = self._memory[name] = np.empty(size + size // 4, np.uint8)  # the next band may need more
        return np.ndarray(shape, dtype, memory)
