"""Plans: all that pictures or files of one kind have in common, prepared once and kept for the next of the kind.

A plan holds index tables, views and buffers, and whoever uses it writes to these. So it is taken out of the store
while it is used: two threads never have the same plan. Its ``nbytes`` is about how many bytes it holds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

CAPACITY = 32 << 20
"""Bytes of plans that are kept."""


@dataclass(frozen=True)
class Promise:
    """Stands in the store for a plan that is made when its kind comes again. ``nbytes``: what the plan would take.

    To make a large plan takes as long as to use it. If more kinds come in turn than the store can hold, their
    promises are given up, as the plans would be. So no plan is made in vain.
    """

    nbytes: int


AnyPlan = TypeVar("AnyPlan")
Loans = list[tuple[Hashable, Any]]  # plans that are out of the store, with their keys


class PlanStore:
    """Plans by key. If they take more than ``capacity`` bytes, those used least recently are given up."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self.nbytes = 0  # of the plans in the store, when they were put in; those in use are not counted
        self._plans: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = Lock()

    def borrow(self, key: Hashable, make: Callable[[], AnyPlan], loans: Loans) -> AnyPlan:
        """Take the plan with this key out, or make it, and note it in ``loans`` for :meth:`give_back`.

        The first part of a key is the class of the plan, so that plans of several classes share the store.
        """
        plan: AnyPlan | None = self.take(key)
        if plan is None:
            plan = make()
        loans.append((key, plan))
        return plan

    def give_back(self, loans: Loans) -> None:
        """Put back what was borrowed. After an exception this is left out, and the plans are given up."""
        for key, plan in loans:
            self.put(key, plan)

    def take(self, key: Hashable) -> Any:
        """Take a plan out of the store; None if there is none with this key, or it is in use."""
        with self._lock:
            plan, size = self._plans.pop(key, (None, 0))
            self.nbytes -= size
        return plan

    def put(self, key: Hashable, plan: Any) -> None:
        """Put a plan in as the one that was used last; it replaces one with the same key.

        Its bytes are counted now, since a plan may grow while it is out.
        """
        size: int = plan.nbytes
        with self._lock:
            _, former = self._plans.pop(key, (None, 0))
            self.nbytes += size - former
            self._plans[key] = plan, size
            while self.nbytes > self.capacity:
                _, (_, oldest) = self._plans.popitem(last=False)
                self.nbytes -= oldest

    def clear(self) -> None:
        """Give up all plans."""
        with self._lock:
            self._plans.clear()
            self.nbytes = 0

    def __len__(self) -> int:
        return len(self._plans)


PLANS = PlanStore()
"""The plans of this process."""
