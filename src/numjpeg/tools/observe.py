"""Record the work of :mod:`numjpeg.pipeline`: arguments, result and CPU time of each call of a stage."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from numjpeg import pipeline


class Call(NamedTuple):
    """One call of a stage. ``stage`` is the name of its function, ``seconds`` its CPU time."""

    stage: str
    arguments: tuple[Any, ...]
    result: Any
    seconds: float


@contextmanager
def observed() -> Iterator[list[Call]]:
    """Record every call of a stage that the pipeline makes inside the ``with`` block, in order.

    The stages in the pipeline's module are replaced for that time, so only one thread may do this at a time.
    """
    calls: list[Call] = []

    def recording(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            start = time.process_time()
            result = function(*arguments, **options)
            calls.append(Call(name, arguments, result, time.process_time() - start))
            return result

        return run

    stages = {
        name: function
        for name, function in vars(pipeline).items()
        if inspect.isfunction(function) and function.__module__.startswith("numjpeg.stages.")
    }
    try:
        vars(pipeline).update({name: recording(name, function) for name, function in stages.items()})
        yield calls
    finally:
        vars(pipeline).update(stages)
