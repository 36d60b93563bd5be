"""Share code-blocks out among processes. Each is coded by itself, so the result is always the same."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

_R = TypeVar("_R")
_T = TypeVar("_T")


def shares(order: Sequence[int], group: int, workers: int) -> list[list[int]]:
    """Divide indices into shares of at most ``group``; ``order`` begins with the code-block of most work.

    All code-blocks of a share advance together, so a share takes as many steps as its largest one. If there are
    many shares, each gets code-blocks of similar size. If there are few, the code-blocks are dealt out like cards,
    so that all workers get equal work.
    """
    if len(order) > group * (2 * workers - 1):
        return [list(order[start : start + group]) for start in range(0, len(order), group)]
    dealt = []
    for start in range(0, len(order), group * workers):
        hand = list(order[start : start + group * workers])
        dealt += [hand[k::workers] for k in range(min(workers, len(hand)))]
    return dealt


def shared(
    function: Callable[[list[_T]], _R], items: Sequence[_T], order: Sequence[int], group: int, workers: int
) -> Iterator[tuple[list[int], _R]]:
    """Apply ``function`` to shares of the items in several processes; yield indices and result of each share."""
    parts = shares(order, group, workers)
    tasks = (([items[i] for i in part],) for part in parts)
    return zip(parts, over_processes(function, tasks, workers), strict=True)


def over_processes(
    function: Callable[..., _R], tasks: Iterator[tuple[Any, ...]] | Sequence[tuple[Any, ...]], workers: int
) -> Iterator[_R]:
    """Yield ``function(*task)`` for all tasks in order, computed by ``workers`` processes, or here if it is one.

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
