"""What arguments come to: sizes and styles that the markers say."""

from __future__ import annotations

import pytest
from j2k_samples import photo

from numjpeg import jpeg2000
from numjpeg.jpeg2000 import plan


def test_what_the_file_is_to_be() -> None:
    image = photo(30, 40)
    assert plan.make_target(image, None, None, None, None).lossless
    assert plan.make_target(image, None, 0.5, None, None).size == 75
    assert plan.make_target(image, None, None, 31.5, None) == plan.Target(None, 31.5)


@pytest.mark.parametrize("fast", [False, True])
def test_the_header_says_so(fast: bool) -> None:
    options = {"levels": 3, "tile_size": (20, 33), "code_block_size": (8, 32), "progression": "CPRL"}
    header = jpeg2000.read_header(jpeg2000.encode(photo(30, 40), high_throughput=fast, **options))
    assert (header.levels, header.tile_size, header.tiles) == (3, (20, 33), (2, 2))
    assert (header.code_block_size, header.progression) == ((8, 32), "CPRL")
    assert (header.reversible, header.component_transform, header.high_throughput) == (True, True, fast)


def test_too_many_tiles() -> None:
    with pytest.raises(ValueError, match="tile_size"):
        jpeg2000.encode(photo(300, 300, 1), tile_size=(1, 1))
