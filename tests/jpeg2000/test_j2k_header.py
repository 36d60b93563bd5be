"""What read_header says is what the file was written with."""

from __future__ import annotations

import numpy as np
import pytest
from j2k_openjpeg_files import FILES
from j2k_samples import photo, pillow_files

from numjpeg import jpeg2000
from numjpeg.errors import FormatError


def test_of_a_file_of_pillow() -> None:
    options = {"tile_size": (40, 30), "num_resolutions": 3, "codeblock_size": (16, 32), "progression": "RPCL"}
    (data,) = pillow_files([(photo(70, 95), {**options, "irreversible": True, "mct": 1, "comment": "abc"})])
    header = jpeg2000.read_header(data)
    assert (header.kind, header.height, header.width, header.channels) == ("JP2", 70, 95, 3)
    assert (header.tiles, header.tile_size, header.levels, header.layers) == ((3, 3), (30, 40), 2, 1)
    assert (header.progression, header.code_block_size) == ("RPCL", (32, 16))
    assert not header.reversible
    assert header.component_transform
    assert header.comments[-1].endswith(b"abc")
    assert [name for name, _, _ in header.segments][:3] == ["SIZ", "COD", "QCD"]
    assert [name for name, _, _ in header.segments].count("SOT") == 9
    assert {"jP  ", "ftyp", "jp2h", "ihdr", "colr", "jp2c"} <= {name for name, _, _ in header.boxes}
    assert "RPCL" in str(header)


@pytest.mark.usual("offsets", "signed", "sub_sampled_by_position", "sub_sampled_grid")
@pytest.mark.parametrize("name", FILES)
def test_its_size_is_the_pictures(name: str) -> None:
    header = jpeg2000.read_header(FILES[name])
    assert jpeg2000.decode(FILES[name]).shape[:2] == (header.height, header.width)


def test_by_content() -> None:
    assert jpeg2000.is_jpeg2000(FILES["roi"])
    assert jpeg2000.is_jpeg2000(memoryview(jpeg2000.encode(photo(9, 9))))
    assert not jpeg2000.is_jpeg2000(b"\xff\xd8\xff\xe0 some JPEG")
    with pytest.raises(FormatError, match="byte 0"):
        jpeg2000.read_header(np.zeros(9, np.uint8))
