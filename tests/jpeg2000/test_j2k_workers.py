"""Several processes give the bytes and the pixels that one gives."""

from __future__ import annotations

import operator
import threading
from typing import Any

import numpy as np
import pytest
from j2k_samples import photo

from numjpeg import jpeg2000
from numjpeg.jpeg2000.workers import over_processes, shares


@pytest.mark.usual("tiles", "high_throughput")
@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="lossless"),
        pytest.param({"bits_per_pixel": 2, "tile_size": (40, 64)}, id="tiles"),
        pytest.param({"high_throughput": True}, id="high_throughput"),
    ],
)
def test_the_result_is_the_same(options: dict[str, Any]) -> None:
    image = photo(60, 70)
    options = {"code_block_size": (16, 16), **options}
    data = jpeg2000.encode(image, **options)
    assert jpeg2000.encode(image, workers=2, **options) == data
    np.testing.assert_array_equal(jpeg2000.decode(data, workers=3), jpeg2000.decode(data))


def test_every_index_is_in_one_share() -> None:
    for count in (0, 1, 5, 48, 100):
        found = shares(range(count), 10, 3)
        assert sorted(i for share in found for i in share) == list(range(count))
        assert all(1 <= len(share) <= 10 for share in found)
    assert [len(share) for share in shares(range(8), 10, 2)] == [4, 4]


@pytest.mark.parametrize("workers", [1, 2])
def test_results_keep_their_order(workers: int) -> None:
    assert list(over_processes(pow, [(i, 2) for i in range(9)], workers)) == [i * i for i in range(9)]
    with pytest.raises(ZeroDivisionError):
        list(over_processes(operator.floordiv, [(1, 1), (1, 0), (4, 2)], workers))


@pytest.mark.sweep
def test_beside_other_threads() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert list(over_processes(pow, [(2, 3), (3, 2)], 2)) == [8, 9]
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("workers", [0, 1.5, "2"])
def test_wrong_numbers_are_named(workers: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="workers"):
        jpeg2000.encode(photo(8, 8), workers=workers)
    with pytest.raises((TypeError, ValueError), match="workers"):
        jpeg2000.decode(jpeg2000.encode(photo(8, 8)), workers=workers)
