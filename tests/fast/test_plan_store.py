"""The store of plans: bounded, the least recently used go first, and nobody shares a plan."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Barrier, Thread

import pytest

from numjpeg.fast.plan_store import Loans, PlanStore


@dataclass
class Sized:
    """A plan that says how large it is."""

    name: str
    nbytes: int = 10


def test_a_plan_is_made_once_and_kept() -> None:
    store = PlanStore(100)
    loans: Loans = []
    first = store.borrow("a", lambda: Sized("a"), loans)
    assert len(store) == store.nbytes == 0
    store.give_back(loans)
    assert (len(store), store.nbytes) == (1, 10)
    assert store.borrow("a", lambda: pytest.fail("made again"), []) is first


def test_those_used_least_recently_are_given_up() -> None:
    store = PlanStore(30)
    for name in "abc":
        store.put(name, Sized(name))
    store.put("a", store.take("a"))
    store.put("d", Sized("d"))
    assert store.take("b") is None
    assert [store.take(name).name for name in "cad"] == ["c", "a", "d"]
    assert (len(store), store.nbytes) == (0, 0)


def test_a_plan_larger_than_the_store_is_not_kept() -> None:
    store = PlanStore(30)
    store.put("a", Sized("a", 31))
    assert (len(store), store.nbytes) == (0, 0)


def test_a_plan_that_grew_is_counted_anew() -> None:
    store = PlanStore(100)
    loans: Loans = []
    plan = store.borrow("a", lambda: Sized("a"), loans)
    plan.nbytes = 40
    store.give_back(loans)
    assert store.nbytes == 40
    plan.nbytes = 60  # while it is in the store, which does not see it
    store.take("a")
    assert store.nbytes == 0


def test_clear() -> None:
    store = PlanStore(100)
    store.put("a", Sized("a"))
    store.clear()
    assert (len(store), store.nbytes, store.take("a")) == (0, 0, None)


def test_a_plan_in_use_is_nobody_elses() -> None:
    store, barrier, found = PlanStore(100), Barrier(2), []

    def work() -> None:
        loans: Loans = []
        found.append(store.borrow("a", lambda: Sized("a"), loans))
        barrier.wait()
        store.give_back(loans)

    for _ in range(3):
        found.clear()
        threads = [Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found[0] is not found[1]
        assert (len(store), store.nbytes) == (1, 10)
