"""Pictures: those of ``pic/`` are what the command draws now, and those of a photograph's stages show them."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from conftest import REQUIRED
from PIL import Image, __version__, features

import numjpeg
from numjpeg.stages.quantization import CHROMINANCE, LUMINANCE, quantize
from numjpeg.stages.zigzag import SEQUENCE
from numjpeg.tools import pictures
from numjpeg.tools.pictures import compare, glyphs, regions
from numjpeg.tools.pictures.canvas import Canvas, text_width

PIC = Path(__file__).parents[2] / "pic"
PHOTO = PIC / pictures.PHOTO
NAMES = {
    "JPEG.jpg",
    "标准亮度量化表.gif",
    "标准色差量化表.gif",
    "zig-zag.png",
    "hourglass.png",
    "stages.png",
    "stages-bits-and-back.png",
    "rate-distortion.png",
    "blocking.png",
    "importance.jpg",
    "lanes.png",
    "restored.jpg",
    "jpeg2000.jpg",
    "parts.jpg",
}

# Letters and enlargements are drawn by Pillow and FreeType, so another version may draw a pixel differently.
same_letters = pytest.mark.skipif(
    (__version__, features.version("freetype2")) != ("13.0.0", "2.14.3") and "letters" not in REQUIRED,
    reason="pic/ was drawn by Pillow 13.0.0 with FreeType 2.14.3, as its wheels have it",
)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    with Image.open(PHOTO) as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture(scope="module")
def drawn(photo: np.ndarray) -> dict[str, Image.Image]:
    return pictures.draw_all(photo)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).integers(0, 256, shape, np.uint8)


# --- pic/ ------------------------------------------------------------------------------------------------


def test_pic_holds_these_files_and_no_others(drawn: dict[str, Image.Image]) -> None:
    assert drawn.keys() == NAMES
    assert {path.name for path in PIC.iterdir()} == NAMES | {pictures.PHOTO}
    sizes = [path.stat().st_size for path in PIC.iterdir()]
    assert max(sizes) < 1_000_000
    assert sum(sizes) < 3_000_000


# What these show was tuned or restored with float32, in which matrix products differ in their last bit from
# machine to machine. Five kernels of OpenBLAS and two machines gave mean squared differences of at most 0.0002.
FLOAT_PICTURES = {"importance.jpg", "restored.jpg", "jpeg2000.jpg", "parts.jpg"}
TOLERANCE = 1.0


def squared_difference(name: str, picture: Image.Image) -> float:
    """Between a picture, once it is a file, and the file in ``pic/``: the mean, in squared 8-bit levels."""
    there, here = (numjpeg.decode(data) for data in ((PIC / name).read_bytes(), pictures.to_file(name, picture)))
    return numjpeg.metrics.mse(there, here)


@same_letters
@pytest.mark.parametrize("name", sorted(NAMES))
def test_pic_is_what_the_command_draws_now(name: str, drawn: dict[str, Image.Image]) -> None:
    if name in FLOAT_PICTURES:
        assert squared_difference(name, drawn[name]) < TOLERANCE
        return
    file = (PIC / name).read_bytes()
    if name.endswith(".jpg"):
        assert file == pictures.to_file(name, drawn[name])
        return
    expected = drawn[name]
    if name.endswith(".gif"):
        expected = Image.open(BytesIO(pictures.to_file(name, expected))).convert("RGB")
    with Image.open(BytesIO(file)) as image:
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), np.asarray(expected))


def test_the_tolerance_tells_a_stale_picture(photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """One step of quality in one of four panels, and one step in the importance of the face."""
    assert (
        squared_difference("restored.jpg", compare.draw_restored(photo, pictures.FACE, (26, 10))) > 10 * TOLERANCE
    )
    monkeypatch.setattr(regions, "IMPORTANCE", regions.IMPORTANCE - 1)
    assert squared_difference("importance.jpg", pictures.draw_importance(photo, pictures.FACE)) > 10 * TOLERANCE


def test_labels_are_chinese_too() -> None:
    """Characters are drawn where they are asked for; one that there is no picture of is an error."""
    canvas = Canvas(200, 40)
    canvas.text((100, 20), "DC 直流", 18, "#FF0000", "mm")
    drawn = np.asarray(canvas.finish())
    columns = np.flatnonzero((drawn[..., 1] < 160).any(0))
    width = text_width("DC 直流", 18)
    assert abs(columns[0] - (100 - width / 2)) < 4
    assert abs(columns[-1] - (100 + width / 2)) < 4
    assert width == text_width("DC ", 18) + 2 * 18
    assert 0.05 < (np.asarray(glyphs.glyph("量", 36)) > 127).mean() < 0.6
    assert len({glyphs.glyph(character, 36).tobytes() for character in glyphs.CHARACTERS}) == len(
        glyphs.CHARACTERS
    )
    with pytest.raises(ValueError, match="substring"):
        canvas.text((0, 0), "龘")


def test_the_pipeline_is_drawn_and_written_by_numjpeg() -> None:
    data = (PIC / "JPEG.jpg").read_bytes()
    assert numjpeg.write_coefficients(numjpeg.read_coefficients(data)) == data
    assert numjpeg.psnr(np.asarray(pictures.draw_pipeline()), numjpeg.decode(data)) > 35


def test_the_face_and_the_eye_are_inside_the_photograph(photo: np.ndarray) -> None:
    assert photo.shape == (512, 512, 3)
    left, top, right, bottom = pictures.FACE
    assert 0 <= left < right <= 512
    assert 0 <= top < bottom <= 512


def test_the_bits_go_to_what_is_important(photo: np.ndarray) -> None:
    """The map of the file with importance is darker on the face than the one without, and lighter elsewhere."""
    picture = np.asarray(pictures.draw_importance(photo, pictures.FACE)).astype(int)
    side, top = 256, picture.shape[0] - 24 - 23 * 2 - 12 - 44 - 256
    x0, y0, x1, y1 = (value // 2 for value in pictures.FACE)
    maps = [picture[top : top + side, 32 + k * (side + 24) :][:, :side].mean(axis=-1) for k in (2, 3)]
    inside = [grid[y0:y1, x0:x1].mean() for grid in maps]
    outside = [(grid.sum() - grid[y0:y1, x0:x1].sum()) / (side**2 - (y1 - y0) * (x1 - x0)) for grid in maps]
    assert inside[1] < inside[0] - 20
    assert outside[1] > outside[0] + 1


def test_command_writes_the_directory(tmp_path: Path) -> None:
    Image.fromarray(noise(40, 56, 3)).save(tmp_path / "p.png")
    assert pictures.main([str(tmp_path / "new"), "--photo", str(tmp_path / "p.png")]) == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == NAMES
    assert (tmp_path / "new" / "JPEG.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert (tmp_path / "new" / "标准亮度量化表.gif").read_bytes()[:3] == b"GIF"


def test_command_without_a_photograph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        pictures.main([str(tmp_path)])
    assert stop.value.code == 1
    assert pictures.PHOTO in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# --- plates ----------------------------------------------------------------------------------------------


def cell(picture: Image.Image, row: int, column: int) -> np.ndarray:
    """One cell of the grid of :func:`pictures.draw_table`, without its border."""
    x, y = 60 + 72 * column, 136 + 72 * row
    return np.asarray(picture)[y + 3 : y + 69, x + 3 : x + 69]


def test_table_pictures_show_the_numbers() -> None:
    changed = LUMINANCE.copy()
    changed[3, 5] += 1
    before, after = pictures.draw_table(LUMINANCE, "t"), pictures.draw_table(changed, "t")
    differing = [(v, u) for v in range(8) for u in range(8) if (cell(before, v, u) != cell(after, v, u)).any()]
    assert differing == [(3, 5)]
    # Equal numbers look alike, wherever they stand; different ones do not.
    chrominance = pictures.draw_table(CHROMINANCE, "t")
    assert (cell(chrominance, 0, 5) == cell(chrominance, 6, 2)).all()
    assert (cell(chrominance, 0, 1) == cell(chrominance, 1, 0)).all()
    assert (cell(chrominance, 0, 0) != cell(chrominance, 0, 1)).any()


def test_larger_steps_are_darker() -> None:
    picture = pictures.draw_table(LUMINANCE, "t")
    shades = np.array([[cell(picture, v, u)[0, 0].sum() for u in range(8)] for v in range(8)], int)
    order = np.argsort(LUMINANCE.ravel(), kind="stable")
    assert (np.diff(shades.ravel()[order]) <= 0).all()


@pytest.mark.parametrize("table", [np.ones((8, 8)), np.ones((4, 4), int), np.ones(64, int)])
def test_table_of_another_kind(table: np.ndarray) -> None:
    with pytest.raises(ValueError, match="table"):
        pictures.draw_table(table, "t")


def test_zigzag_follows_its_sequence() -> None:
    standard, transposed = (np.asarray(pictures.draw_zigzag(s)) for s in (SEQUENCE, SEQUENCE.T))
    assert (standard != transposed).any()
    # The first stroke goes to the right, or else down.
    right, down = (slice(178, 187), slice(130, 170)), (slice(200, 240), slice(110, 119))
    orange = np.array(tuple(bytes.fromhex(pictures.ORANGE[1:])))
    for picture, place, other in ((standard, right, down), (transposed, down, right)):
        assert (picture[place] == orange).all(-1).any()
        assert not (picture[other] == orange).all(-1).any()


def test_rate_distortion_points() -> None:
    image = noise(32, 48, 3)
    points = pictures.rate_distortion(image, [10, 60], "4:4:4")
    data = numjpeg.encode(image, 60, subsampling="4:4:4")
    assert points[1] == (60, 8 * len(data) / (32 * 48), numjpeg.psnr(image, numjpeg.decode(data)))
    picture = pictures.draw_rate_distortion({"a": points, "b": [p._replace(psnr=p.psnr + 1) for p in points]})
    other = pictures.draw_rate_distortion({"a": points, "b": [p._replace(psnr=p.psnr + 2) for p in points]})
    assert (np.asarray(picture) != np.asarray(other)).any()


def test_lanes_are_drawn_from_the_bits_of_the_picture() -> None:
    image = noise(40, 56, 3)
    picture, again, other = (np.asarray(pictures.draw_lanes(image, quality)) for quality in (30, 30, 31))
    np.testing.assert_array_equal(picture, again)
    assert picture.shape != other.shape or (picture != other).any()
    assert pictures.draw_lanes(noise(1, 1, 3)).width == 1300
    orange, blue = (np.array(tuple(bytes.fromhex(color[1:]))) for color in (pictures.ORANGE, pictures.BLUE))
    chart = picture[170:-90]
    right, wrong = (chart == blue).all(-1), (chart == orange).all(-1)
    assert right.any()
    assert wrong.any()
    first = right[:20].any(-1).argmax() + 2  # the first lane knows, from its first bit on
    assert right[first, 101]
    assert not wrong[first].any()
    for row in range(len(chart)):  # right once, right for ever, until the next one takes over
        if right[row].any() and wrong[row].any():
            assert np.flatnonzero(wrong[row])[-1] < np.flatnonzero(right[row])[0]


# --- a photograph's stages -------------------------------------------------------------------------------

COLOR = [
    "01-rgb.png",
    "02-luminance-and-chrominance.png",
    "03-subsampled.png",
    "04-block-samples.png",
    "05-dct.png",
    "06-quantized.png",
    "07-bits-per-block.png",
    "08-decoded.png",
    "09-difference.png",
]
GRAY = [
    "01-gray.png",
    "02-block-samples.png",
    "03-dct.png",
    "04-quantized.png",
    "05-bits-per-block.png",
    "06-decoded.png",
    "07-difference.png",
]


@pytest.mark.parametrize(
    ("shape", "subsampling"),
    [
        ((1, 1, 3), "4:2:0"),
        ((1, 1), "4:2:0"),
        ((17, 33, 3), "4:2:2"),
        ((5, 700, 3), "4:1:1"),
        ((100, 3, 1), "4:4:4"),
        ((1001, 9), "4:2:0"),
    ],
)
def test_stage_pictures(shape: tuple[int, ...], subsampling: str) -> None:
    drawn = pictures.stage_pictures(noise(*shape), 40, subsampling)
    assert list(drawn) == (COLOR if shape[2:] == (3,) else GRAY)
    for picture in drawn.values():
        assert picture.mode == "RGB"
        assert 600 < picture.width < 3000
        assert picture.height < 1200


def test_stage_pictures_show_the_quality_and_the_block() -> None:
    image = noise(32, 32, 3)
    first, same, coarser, elsewhere = (
        pictures.stage_pictures(image, quality, block=block)
        for quality, block in ((75, (0, 0)), (75, (0, 0)), (20, (0, 0)), (75, (3, 3)))
    )
    assert all(first[name].tobytes() == same[name].tobytes() for name in COLOR)
    differing = [name for name in COLOR if first[name].tobytes() != coarser[name].tobytes()]
    assert differing == COLOR[5:]
    assert first[COLOR[3]].tobytes() != elsewhere[COLOR[3]].tobytes()


def test_arguments_are_checked() -> None:
    with pytest.raises(TypeError, match="image"):
        pictures.stage_pictures(np.zeros((8, 8)))
    with pytest.raises(ValueError, match="quality"):
        pictures.stage_pictures(noise(8, 8), 0)
    with pytest.raises(ValueError, match="subsampling"):
        pictures.stage_pictures(noise(8, 8, 3), subsampling="4:2")
    with pytest.raises(ValueError, match="block"):
        pictures.stage_pictures(noise(8, 8), block=(0, 1))


@pytest.mark.parametrize("shape", [(48, 64, 3), (13, 21, 3), (50, 31)])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0", "4:4:0", "4:1:1"])
def test_the_journey_is_the_encoder_s(shape: tuple[int, ...], subsampling: str) -> None:
    """What is shown before quantization leads to the very coefficients that the file holds."""
    journey = pictures.travel(noise(*shape), 60, subsampling)
    coefficients = journey.coefficients
    for i, (transformed, plane) in enumerate(zip(journey.transformed, coefficients.planes, strict=True)):
        quantized = quantize(transformed, coefficients.quantization_table(i))
        np.testing.assert_array_equal(quantized, plane)
    np.testing.assert_array_equal(journey.decoded, numjpeg.decode(journey.data))


@pytest.mark.parametrize(
    ("shape", "subsampling"), [((48, 64, 3), "4:2:0"), ((40, 24, 3), "4:4:4"), ((24, 40), None)]
)
def test_bits_per_block_add_up_to_the_scan(shape: tuple[int, ...], subsampling: str | None) -> None:
    """Whole MCUs, so that no bits go to blocks that only fill up."""
    data = numjpeg.encode(noise(*shape), 80, subsampling=subsampling)
    scan = data[data.index(b"\xff\xda") :]
    scan = scan[2 + int.from_bytes(scan[2:4], "big") : -2].replace(b"\xff\x00", b"\xff")
    bits = pictures.bits_per_block(numjpeg.read_coefficients(data))
    assert -(-sum(int(grid.sum()) for grid in bits) // 8) == len(scan)
    assert min(int(grid.min()) for grid in bits) >= 4
