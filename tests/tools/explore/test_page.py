"""The page in a browser: clicked, tapped and typed at; what it shows is what :func:`trace_block` says."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pillow
import pytest
import samples
from chromium import Browser
from command_line import photo

import numjpeg
from numjpeg import FormatError
from numjpeg.tools.cli import main
from numjpeg.tools.explain.trace import trace_block
from numjpeg.tools.explore import explore_page

READY = "document.body?.dataset.ready === 'yes'"
NUMBERS = (
    "Array.from(document.querySelectorAll('#block .matrix')).map("
    "t => Array.from(t.querySelectorAll('td')).map(c => Number(c.textContent)))"
)
WORDS = (
    "Array.from(document.querySelectorAll('#words tr')).slice(1).map("
    "r => Array.from(r.cells).map(c => c.textContent))"
)


@pytest.fixture
def browser(chromium: str, tmp_path: Path) -> Iterator[Browser]:
    one = Browser(chromium, tmp_path / "profile")
    yield one
    one.close()
    assert one.problems == []


def shown(browser: Browser, tmp_path: Path, data: bytes, fragment: str = "", **options: Any) -> None:
    page = tmp_path / f"page{len(list(tmp_path.glob('*.html')))}.html"
    page.write_text(explore_page(data, **options), encoding="utf-8")
    browser.open(page, fragment, READY)


def check_block(browser: Browser, data: bytes, component: str, row: int, column: int) -> None:
    """Everything that is shown of the block is what Python says."""
    title = browser.value("document.querySelector('#block h2').textContent")
    assert title == f"Block row {row}, column {column} of {component}"
    trace = trace_block(data, row, column, component=component)
    expected = [trace.quantized, trace.table, trace.dequantized, trace.shifted, trace.samples]
    assert browser.value(NUMBERS) == [array.ravel().tolist() for array in expected]
    assert browser.value("document.getElementById('zigzag').textContent") == " ".join(map(str, trace.zigzag))
    runs = [f"({zeros}, {value})" for zeros, value in trace.runs] + ["EOB"] * int(trace.zigzag[63] == 0)
    assert browser.value("document.getElementById('runs').textContent") == " ".join(runs)
    if trace.words is not None:
        values = [str(word.value) if word.magnitude or not word.place else "" for word in trace.words]
        assert browser.value(WORDS) == [
            [f"{word.byte}.{word.bit}", word.name, value, word.code, word.magnitude]
            for word, value in zip(trace.words, values, strict=True)
        ]


def point(browser: Browser, y: float, x: float) -> tuple[float, float]:
    """Where a pixel of the picture stands in the window."""
    left, top, width, height = browser.value(
        "(() => { const b = document.getElementById('picture').getBoundingClientRect(); "
        "return [b.left, b.top, b.width, b.height] })()"
    )
    return left + width * x / 56, top + height * y / 40


def test_click_and_keys(browser: Browser, tmp_path: Path) -> None:
    data = pillow.save(photo(), quality=90)
    shown(browser, tmp_path, data, original=photo())
    check_block(browser, data, "Y", 0, 0)
    browser.click(*point(browser, 20, 50))
    check_block(browser, data, "Y", 2, 6)
    browser.value("document.getElementById('view').focus()")
    for key, row, column in (("ArrowUp", 1, 6), ("ArrowRight", 1, 6), ("ArrowLeft", 1, 5), ("ArrowDown", 2, 5)):
        browser.press(key)
        check_block(browser, data, "Y", row, column)
    browser.press("c")
    check_block(browser, data, "Cb", 1, 2)
    browser.press("c")
    check_block(browser, data, "Cr", 1, 2)
    width = browser.value("document.getElementById('picture').offsetWidth")
    browser.press("+")
    assert abs(browser.value("document.getElementById('picture').offsetWidth") - 2 * width) <= 1
    browser.press("-")
    assert browser.value("document.getElementById('picture').offsetWidth") == width
    assert browser.value("location.hash") == "#Cr,1,2"


def test_maps(browser: Browser, tmp_path: Path) -> None:
    original = samples.smooth(40, 56, 1)
    data = pillow.save(original, quality=50)
    shown(browser, tmp_path, data, original=original)
    pixel = (
        "(() => { const one = document.createElement('canvas').getContext('2d', {willReadFrequently: true}); "
        "one.drawImage(document.getElementById('map'), 0, 0); "
        "return Array.from(one.getImageData(0, 0, 7, 5).data) })()"
    )
    squares = (pillow.load(data).astype(float) - original) ** 2
    rms = np.sqrt(squares.reshape(5, 8, 7, 8).mean((1, 3)))
    traces = [trace_block(data, row, column) for row in range(5) for column in range(7)]
    bits = np.array([sum(len(word.code + word.magnitude) for word in trace.words) for trace in traces])
    nonzeros = np.array([np.count_nonzero(trace.quantized) for trace in traces])
    assert browser.value("document.getElementById('legend').hidden")
    for values in (bits, nonzeros, rms.ravel()):
        browser.press("m")
        red, green, blue, alpha = np.array(browser.value(pixel)).reshape(-1, 4).T
        assert (alpha == 255).all()
        brightness = red + green + blue * 0.2  # grows along the ramp
        order = np.argsort(values, kind="stable")
        low = float(browser.value("document.getElementById('low').textContent"))
        assert abs(low - values.min()) < 0.006
        assert (np.diff(brightness[order]) >= -3).all()
        assert brightness[order[-1]] > brightness[order[0]] + 100
    browser.press("m")
    assert browser.value("document.getElementById('map').hidden")


@pytest.mark.usual("options0", "options1")
@pytest.mark.parametrize(
    "options", [{"restart_marker_blocks": 2}, {"progressive": True}, {"optimize": True}, {"subsampling": "4:4:4"}]
)
def test_other_files(browser: Browser, tmp_path: Path, options: dict[str, Any]) -> None:
    data = pillow.save(samples.noise(40, 56), quality=95, **options)
    shown(browser, tmp_path, data, "#Cb,1,1")
    check_block(browser, data, "Cb", 1, 1)
    browser.value("choose(0); move(4, 6)")
    check_block(browser, data, "Y", 4, 6)


@pytest.mark.parametrize(
    ("options", "lines"), [({"arithmetic": True}, b""), ({"precision": 12}, b""), ({}, b"\xff\xdc\0\4\0\x28")]
)
def test_files_that_browsers_do_not_decode(
    browser: Browser, tmp_path: Path, options: dict[str, Any], lines: bytes
) -> None:
    image = photo().astype(np.uint16) * 16 if options.get("precision") else photo()
    data = numjpeg.encode(image, 90, **options)
    if lines:  # the height stands behind the scan, in DNL (B.2.5)
        height = data.index(b"\xff\xc0") + 5
        data = data[:height] + bytes(2) + data[height + 2 : -2] + lines + data[-2:]
    shown(browser, tmp_path, data, "#Cb,1,1")
    check_block(browser, data, "Cb", 1, 1)
    browser.value("choose(0); move(4, 6)")
    check_block(browser, data, "Y", 4, 6)
    browser.wait("document.getElementById('photo').naturalWidth === 56")
    browser.press("m")
    assert float(browser.value("document.getElementById('high').textContent").split()[0]) > 20


def test_a_phone_in_the_dark(browser: Browser, tmp_path: Path) -> None:
    browser.send("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True)
    browser.send("Emulation.setTouchEmulationEnabled", enabled=True)
    browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    data = pillow.save(photo(), quality=90)
    shown(browser, tmp_path, data)
    assert browser.value("document.documentElement.scrollWidth") == 360
    browser.tap(*point(browser, 36, 4))
    check_block(browser, data, "Y", 4, 0)
    seen = np.asarray(pillow.Image.open(io.BytesIO(browser.picture())).convert("L"))
    assert np.median(seen[-100:]) < 64


def test_the_same_coefficient_lights_up_everywhere(browser: Browser, tmp_path: Path) -> None:
    shown(browser, tmp_path, pillow.save(photo(), quality=90))
    browser.value(
        "document.querySelector('#words tr:nth-child(3)')"
        ".dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))"
    )
    lit = browser.value("Array.from(document.querySelectorAll('.lit')).map(c => c.tagName + c.dataset.k)")
    place = lit[0].removeprefix("TR")
    assert lit == [f"TR{place}"] + [f"TD{place}"] * 3


def test_the_page_holds_no_markup_of_the_title(browser: Browser, tmp_path: Path) -> None:
    title = "</script><script>document.title = 'hacked'</script><b>.jpg"
    shown(browser, tmp_path, pillow.save(photo()), title=title)
    assert browser.value("document.title") == f"{title}, block by block"
    assert browser.value("document.querySelector('h1').textContent") == f"{title}, block by block"


def test_facts_and_a_map_tell_of_a_compression_before() -> None:
    once = pillow.load(pillow.save(samples.photograph()[:256, :256], quality=60))
    page = explore_page(pillow.save(once, quality=90))
    assert "probably: 10 of 10 frequencies" in page
    assert "quality 90" in page
    assert "begins at row 0, column 0" in page
    assert '"past":{"type":"uint8"' in page
    assert '"past":{' not in explore_page(pillow.save(samples.photograph()[:256, :256], quality=90))


def test_a_table_with_an_entry_of_0_has_its_page_and_its_facts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bytearray(numjpeg.encode(samples.photograph()[:64, :64], 75))
    data[data.index(b"\xff\xdb") + 5 + 3] = 0
    assert "tables of its own: cameras" in explore_page(bytes(data), "a broken table")
    (tmp_path / "broken.jpg").write_bytes(data)
    assert main(["info", str(tmp_path / "broken.jpg")]) == 0
    assert "not of Annex K (table 0), 75 (table 1)" in capsys.readouterr().out


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^original: uint8 \(40, 56, 3\)"):
        explore_page(pillow.save(photo()), original=photo(channels=1))
    with pytest.raises(FormatError):
        explore_page(b"\xff\xd8\xff\xd9")
