"""The report of a study: tables, plots and an HTML page."""

from __future__ import annotations

import html
import platform
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from PIL import Image, features

import numjpeg
from numjpeg.files import write_atomically
from numjpeg.metrics import psnr
from numjpeg.tools.study.codecs import CODECS, LOSSLESS, decode_by_pillow
from numjpeg.tools.study.curves import HIGH_BPP, LOW_BPP, by_picture, curve, mean_bd_rate, mean_curve, measured
from numjpeg.tools.study.runner import METRICS, Point
from numjpeg.tools.study.views import at_ratio, at_reachable, from_parts

RANGES = ((LOW_BPP, HIGH_BPP), (LOW_BPP, 0.6), (0.6, 1.5), (1.5, HIGH_BPP))  # bits a pixel of the anchor
RATIOS = (5.0, 8.0, 10.0, 20.0, 40.0, 100.0)  # compression ratios at which codecs are compared
STRIP_RATIO, PARTS_RATIO = 100.0, 10.0  # compression ratios of the pictures that are shown

PACKAGES = ("numpy", "pillow", "scikit-image", "ssimulacra2", "bjontegaard", "pyjpegli")
LIBRARIES = {"libjpeg_turbo": "libjpeg-turbo", "jpg_2000": "OpenJPEG", "webp": "libwebp", "avif": "libavif"}
"""Pillow's name of a library -> its usual name."""

Table = list[list[str]]  # rows of cells; the first row is the head
Strip = tuple[str, list[tuple[str, str]]]  # pictures side by side: a title; file name and caption of each


def codecs_of(points: Sequence[Point]) -> list[str]:
    """The lossy codecs that occur in ``points``, in the order of :data:`CODECS`."""
    return [name for name in CODECS if any(point.codec == name for point in points)]


def metrics_of(points: Sequence[Point]) -> list[str]:
    """The metrics that were measured at all points of a picture."""
    return [name for name in METRICS if measured(points, name)]


# --- tables ----------------------------------------------------------------------------------------------


def bd_table(points: Sequence[Point], anchor: str, metric: str = "") -> Table:
    """Mean BD-rate of all codecs against ``anchor``, in percent; negative means smaller files.

    With ``metric``, each column is a range of rates (:data:`RANGES`). Without, each is a metric, over all rates.
    """
    columns = {f"{low:g} to {high:g} bpp": (metric, low, high) for low, high in RANGES}
    if not metric:
        columns = {METRICS[name].split(",")[0]: (name, LOW_BPP, HIGH_BPP) for name in metrics_of(points)}

    def cells(codec: str) -> list[str]:
        rates = [mean_bd_rate(points, anchor, codec, *column) for column in columns.values()]
        return [*(_number(rate, "+.1f", " %") for rate in rates), CODECS[codec].built_for]

    return _by_codec(points, [*columns, "built for"], cells, without=anchor)


def ratio_table(points: Sequence[Point], metric: str) -> Table:
    """The mean quality of all pictures at each of :data:`RATIOS`, interpolated between measured points."""
    points_of = {codec: [point for point in points if point.codec == codec] for codec in codecs_of(points)}
    return _by_codec(
        points,
        [f"{ratio:g}:1" for ratio in RATIOS],
        lambda codec: [_number(_quality_at(points_of[codec], metric, 24 / ratio), ".2f") for ratio in RATIOS],
    )


def time_table(points: Sequence[Point]) -> Table:
    """CPU time of encoding a megapixel: the median and the longest of all pictures and settings."""

    def times(codec: str) -> list[str]:
        # The number of pixels follows from the bytes and the bits per pixel.
        times = [p.seconds / (8 * p.bytes / p.bpp) * 1e9 for p in points if p.codec == codec]
        return [f"{np.median(times):,.0f} ms", f"{max(times):,.0f} ms"]

    return _by_codec(points, ["median", "longest"], times)


def lossless_table(points: Sequence[Point]) -> Table:
    """Mean bits a pixel and compression ratio of the lossless codecs."""
    rates = {codec.label: [p.bpp for p in points if p.codec == name] for name, codec in LOSSLESS.items()}
    means = {label: np.mean(values) for label, values in rates.items() if values}
    rows = [[label, f"{mean:.2f}", f"{24 / mean:.2f}:1"] for label, mean in means.items()]
    return [["codec", "bits a pixel", "ratio"], *rows] if rows else []


def _by_codec(
    points: Sequence[Point], head: list[str], cells: Callable[[str], list[str]], without: str | None = None
) -> Table:
    """A table with a row for each codec. Columns that are empty for all codecs are left out."""
    codecs = [codec for codec in codecs_of(points) if codec != without]
    columns = [list(column) for column in zip(head, *map(cells, codecs), strict=True)]
    columns = [column for column in columns if any(column[1:])]
    rows = zip(["codec", *(CODECS[codec].label for codec in codecs)], *columns, strict=True)
    return [list(row) for row in rows]


def _quality_at(points: Sequence[Point], metric: str, bpp: float) -> float:
    """The mean quality of all pictures at ``bpp``; nan if a picture's curve does not reach this rate."""
    values = []
    for picture_points in by_picture(points):
        rate, quality = curve(picture_points, metric)
        inside = len(rate) and rate[0] <= bpp <= rate[-1]
        values.append(np.interp(np.log(bpp), np.log(rate), quality) if inside else np.nan)
    return float(np.mean(values))


def _number(value: float, form: str, unit: str = "") -> str:
    return "" if np.isnan(value) else f"{value:{form}}{unit}"


def as_markdown(table: Table) -> str:
    """The table in Markdown."""
    head, *rows = table
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def as_csv(table: Table) -> str:
    """The table as CSV, for a spreadsheet."""
    return "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table) + "\n"


def as_html(table: Table) -> str:
    """The table in HTML. A table that is too wide scrolls by itself; empty cells get a dash."""
    head, *rows = [[html.escape(cell) or "&ndash;" for cell in row] for row in table]
    lines = ["<div><table>", "<tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    return "\n".join([*lines, "</table></div>"])


# --- pictures --------------------------------------------------------------------------------------------

_COLORS = (*(f"C{i}" for i in range(10)), "black", "goldenrod", "deeppink", "navy")
_MARKERS = "os^DvPX*<>"
_DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))


def plot(points: Sequence[Point], metric: str, path: Path) -> None:
    """Mean quality against mean bits per pixel, with a line for each codec.

    Lines that lie on each other can be told apart: each has its own colour, marker and dashes, and is thinner than
    the lines it covers. Letters stay readable when the plot is as narrow as a telephone.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 (of the extra)

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot()
    curves = {codec: mean_curve(points, codec, metric) for codec in codecs_of(points)}
    for drawn, (codec, (rate, quality)) in enumerate(curves.items()):
        i = list(CODECS).index(codec)
        axes.plot(
            rate,
            quality,
            linestyle=_DASHES[i % len(_DASHES)],
            marker=_MARKERS[i % len(_MARKERS)],
            markersize=4,
            linewidth=3.4 - 2.4 * drawn / len(curves),
            color=_COLORS[i % len(_COLORS)],
            label=CODECS[codec].label,
        )
    axes.set(xscale="log", xlim=(0.15, 4), xlabel="bits a pixel", ylabel=METRICS[metric])
    ticks = (0.2, 0.3, 0.5, 1, 2, 3)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    visible = [q for curve in curves.values() for r, q in zip(*curve, strict=True) if 0.15 <= r <= 4]
    if visible:
        margin = 0.03 * (max(visible) - min(visible))
        axes.set_ylim(min(visible) - margin, max(visible) + margin)
    axes.grid(alpha=0.3)
    figure.legend(fontsize=9, loc="outside lower center", ncols=2, handlelength=4)
    figure.savefig(path, dpi=200)


def write_strips(path: Path, target: Path) -> list[Strip]:
    """Write a picture as JPEG and JPEG 2000 show it at 100:1 (or less if that cannot be reached), and in parts.

    The files in the folder ``target`` are called ``ratio-1.png`` and so on; captions give bytes and PSNR.
    """
    picture = decode_by_pillow(path.read_bytes())
    views, ratio = at_reachable(at_ratio, picture, STRIP_RATIO)
    (jpeg, wavelet), parts_ratio = at_reachable(from_parts, picture, PARTS_RATIO)
    parts_title = f"{path.name}, from the first part of a file of {parts_ratio:g}:1"
    shown = {
        "ratio": (f"{path.name} at {ratio:g}:1", views),
        "parts-jpeg": (parts_title, jpeg),
        "parts-jpeg2000": (parts_title, wavelet),
    }
    strips = []
    for name, (title, views) in shown.items():
        figures = []
        for number, view in enumerate(views, 1):
            file = f"{name}-{number}.png"
            Image.fromarray(view.picture).save(target / file)
            figures.append((file, f"{view.label}: {view.bytes:,} bytes, {psnr(picture, view.picture):.2f} dB"))
        strips.append((title, figures))
    return strips


# --- the page --------------------------------------------------------------------------------------------


def versions() -> str:
    """The date, and the versions of all software that the measurements depend on."""
    parts = [f"numjpeg {numjpeg.__version__}", f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    parts += [f"{name} {release}" for key, name in LIBRARIES.items() if (release := features.version(key))]
    return f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}, {platform.machine()}: {', '.join(parts)}."


def write_report(
    points: Sequence[Point], anchors: Sequence[str], target: Path, strips: Sequence[Strip] = ()
) -> Path:
    """Write the page, its plots, and its tables as CSV into the folder ``target``; return the page's path.

    ``anchors`` are the codecs against which BD-rates are given; ``strips`` are pictures to show.
    """
    lossy = [point for point in points if point.codec in CODECS]
    parts: list[str] = []

    def add(level: int, title: str, name: str, table: Table) -> None:
        write_atomically(target / f"{name}.csv", as_csv(table).encode())
        parts.extend([f"<h{level}>{html.escape(title)}</h{level}>", as_html(table)])

    for anchor in anchors:
        label = CODECS[anchor].label
        add(2, f"Rate at equal quality, against {label}", f"bd-{anchor}", bd_table(lossy, anchor))
    for metric in metrics_of(lossy):
        label, name = METRICS[metric], METRICS[metric].split(",")[0]
        plot(lossy, metric, target / f"{metric}.png")
        caption = f"Mean {label}, at each setting of a codec, against mean bits a pixel"
        if left_out := len(by_picture(lossy)) - len(by_picture(measured(lossy, metric))):
            caption += f"; pictures left out, as a codec keeps them exactly or they are too small: {left_out}"
        parts += [f"<h2>{html.escape(label)}</h2>", _figure(f"{metric}.png", caption)]
        for anchor in anchors:
            title = f"Rate at equal {name}, against {CODECS[anchor].label}"
            add(3, title, f"bd-{metric}-{anchor}", bd_table(lossy, anchor, metric))
        add(3, f"{label}, at compression ratios", f"ratio-{metric}", ratio_table(lossy, metric))
    add(2, "CPU time of encoding, for a megapixel", "times", time_table(lossy))
    if table := lossless_table(points):
        add(2, "Lossless", "lossless", table)
    for title, figures in strips:
        parts.append(f"<h2>{html.escape(title)}</h2><section>")
        parts += [*(_figure(*figure) for figure in figures), "</section>"]
    pictures = sorted({point.picture for point in points})
    about = f"{len(pictures)} pictures: {', '.join(pictures)}. {versions()}"
    page = _PAGE.replace("ABOUT", html.escape(about)).replace("BODY", "\n".join(parts))
    write_atomically(target / "index.html", page.encode())
    return target / "index.html"


def _figure(file: str, caption: str) -> str:
    text = html.escape(caption)
    return f'<figure><a href="{file}"><img src="{file}" alt="{text}"></a><figcaption>{text}</figcaption></figure>'


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Rate and distortion</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 1em auto; padding: 0 1em; overflow-wrap: break-word; }
img { max-width: 100%; } div { overflow-x: auto; } table { border-collapse: collapse; }
td, th { padding: 0.2em 0.6em; border-bottom: 1px solid #ccc; text-align: right; white-space: nowrap; }
td:first-child, th:first-child { text-align: left; position: sticky; left: 0; background: #fff; }
figure { margin: 0; max-width: 45em; } figcaption { font-size: 0.9em; color: #444; }
@media (max-width: 35em) { td, th { padding: 0.2em 0.3em; }
td:first-child { white-space: normal; min-width: 6em; } }
section { display: grid; grid-template-columns: repeat(auto-fit, minmax(15em, 1fr)); gap: 1em; }
</style></head><body>
<h1>Rate and distortion</h1>
<p>ABOUT</p>
<h2>How to read this page</h2>
<ul>
<li>Rate at equal quality (BD-rate): how many more bits a codec takes than the anchor. It is the mean difference
of log rate between their curves (piecewise cubic), over the qualities that the anchor has in the given range of
bits a pixel (bpp) and that both curves reach, and then over all pictures. Negative is smaller and better.</li>
<li>A codec looks best by the metric that it was built for (last column), so look at several metrics.</li>
<li>PSNR (RGB) counts the errors of all three channels; PSNR (luminance) those of Y, which the eye sees most.
SSIM is given in decibels, -10 log10(1 - SSIM): 10 dB is an SSIM of 0.9, 20 dB of 0.99.</li>
<li>&ndash; means that there is nothing to compare: the curves have no quality in common in this range, or a codec
does not reach this compression ratio on every picture. In the last column it means no particular metric.</li>
</ul>
BODY
</body></html>
"""
