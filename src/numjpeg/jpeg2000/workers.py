"""Groups of code-blocks shared out among processes. Each block is coded by itself: the result is the same."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

_R = TypeVar("_R")
_T = TypeVar("_T")


def shares(order: Sequence[int], group: int, workers: int) -> list[list[int]]:
    """Indices in shares of at most ``group``; ``order`` names the heaviest first.

    A share takes as many steps as its heaviest block. Many shares are made of neighbours, so that light ones take
    few; few are dealt out, so that all workers get equally heavy ones.
    """
    if len(order) > group * (2 * workers - 1):
        return [list(order[start : start + group]) for start in range(0, len(order), group)]
    found = []
    for start in range(0, len(order), group * workers):
        some = list(order[start : start + group * workers])
        found += [some[k::workers] for k in range(min(workers, len(some)))]
    return found


def shared(
    function: Callable[[list[_T]], _R], items: Sequence[_T], order: Sequence[int], group: int, workers: int
) -> Iterator[tuple[list[int], _R]]:
    """``function`` of some items at a time, by several processes: indices of the items, and the result."""
    parts = shares(order, group, workers)
    tasks = (([items[i] for i in part],) for part in parts)
    return zip(parts, over_processes(function, tasks, workers), strict=True)


def over_processes(
    function: Callable[..., _R], tasks: Iterator[tuple[Any, ...]] | Sequence[tuple[Any, ...]], workers: int
) -> Iterator[_R]:
    """``function(*task)`` of all tasks, in their order; by ``workers`` processes where there are more than one.

    At most ``workers + 1`` tasks are under way, so that results do not pile up. Processes are forked where that is
    safe: on Linux, in a program without other threads.
    """
    if workers == 1:
        for task in tasks:
            yield function(*task)
        return
    import multiprocessing  # noqa: PLC0415 (one process does not need it)
    from concurrent.futures import Future, ProcessPoolExecutor  # noqa: PLC0415

    fork = sys.platform == "linux" and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if fork else "spawn")
    waiting: deque[Future[_R]] = deque()
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        try:
            for task in tasks:
                waiting.append(pool.submit(function, *task))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
