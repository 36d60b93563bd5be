"""Scratch memory that a pipeline passes from band to band, so that it is asked for only once."""

from __future__ import annotations

from math import prod
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Element = TypeVar("Element", bound=np.generic)


KEPT = 24 << 20


def keep_freed_memory() -> None:
    """Ask for 24 MiB and give them back untouched, so that the C library keeps what is freed from now on.

    glibc returns large blocks to the system at once. After it has seen one come and go, it keeps blocks up to that
    size, and up to twice as much free memory. Without that, encoding 512x512 pixels again and again touches 1,600
    new pages a time, at 3 us each, and takes 10.6 ms instead of 5.6. With other C libraries this does nothing.
    """
    np.empty(KEPT, np.uint8)


class Workspace:
    """Arrays by name, since fresh memory from the system costs more than many an operation on it."""

    def __init__(self) -> None:
        self._memory: dict[str, NDArray[np.uint8]] = {}
        self._latest: dict[str, tuple[tuple[int, ...], type[np.generic], NDArray[Any]]] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of memory that all arrays together take."""
        return sum(memory.nbytes for memory in self._memory.values())

    def array(self, name: str, shape: tuple[int, ...], dtype: type[Element]) -> NDArray[Element]:
        """An array of undefined content; it is overwritten when the same name is asked for again."""
        # Most bands are as large as the one before, and wrapping memory as an array takes over 1 us.
        latest = self._latest.get(name)
        if latest is not None and latest[0] == shape and latest[1] is dtype:
            return latest[2]
        size = prod(shape) * np.dtype(dtype).itemsize
        memory = self._memory.get(name)
        if memory is None or memory.size < size:
            memory = self._memory[name] = np.empty(size + size // 4, np.uint8)  # the next band may need more
        array = np.ndarray(shape, dtype, memory)
        self._latest[name] = shape, dtype, array
        return array
