"""A study as tables, plots and a page."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from numjpeg.files import write_atomically
from numjpeg.metrics import psnr
from numjpeg.tools.study.codecs import CODECS, LOSSLESS, Pixels
from numjpeg.tools.study.curves import HIGH_BPP, LOW_BPP, curve, mean_bd_rate, mean_curve
from numjpeg.tools.study.measure import METRICS, Point
from numjpeg.tools.study.views import View

RANGES = ((LOW_BPP, HIGH_BPP), (LOW_BPP, 0.6), (0.6, 1.5), (1.5, HIGH_BPP))
"""Bits a pixel of the anchor."""

RATIOS = (5.0, 8.0, 10.0, 20.0, 40.0, 100.0)
"""Compression ratios at which codecs are compared."""

Table = list[list[str]]
"""Rows of cells; the first row is the head."""


def codecs_of(points: Sequence[Point]) -> list[str]:
    """The lossy codecs of some points, in the order of :data:`CODECS`."""
    present = {point.codec for point in points}
    return [name for name in CODECS if name in present]


def metrics_of(points: Sequence[Point]) -> list[str]:
    """The metrics that some points have."""
    return [name for name in METRICS if all(np.isfinite(getattr(point, name)) for point in points)]


def bd_table(points: Sequence[Point], anchor: str, metric: str) -> Table:
    """Mean BD-rate against ``anchor``, of all codecs, over several ranges; percent, negative is smaller."""
    head = ["codec", *(f"{low:g} to {high:g} bpp" for low, high in RANGES), "built for"]
    rows = [
        [
            CODECS[codec].label,
            *(_percent(mean_bd_rate(points, anchor, codec, metric, low, high)) for low, high in RANGES),
            CODECS[codec].built_for,
        ]
        for codec in codecs_of(points)
        if codec != anchor
    ]
    return [head, *rows]


def ratio_table(points: Sequence[Point], metric: str) -> Table:
    """The mean quality of all pictures at some compression ratios, between measured points by interpolation."""
    head = ["codec", *(f"{ratio:g}:1" for ratio in RATIOS)]
    rows = []
    for codec in codecs_of(points):
        by_ratio = [_quality_at([p for p in points if p.codec == codec], metric, 24 / ratio) for ratio in RATIOS]
        rows.append([CODECS[codec].label, *("" if np.isnan(q) else f"{q:.2f}" for q in by_ratio)])
    return [head, *rows]


def _quality_at(points: Sequence[Point], metric: str, bpp: float) -> float:
    """The mean over pictures; nan if the curve of one of them does not reach so far."""
    found = []
    for picture in sorted({(point.picture, point.digest) for point in points}):
        rate, quality = curve((p for p in points if (p.picture, p.digest) == picture), metric)
        inside = len(rate) and rate[0] <= bpp <= rate[-1]
        found.append(float(np.interp(np.log(bpp), np.log(rate), quality)) if inside else float("nan"))
    return float(np.mean(found))


def lossless_table(points: Sequence[Point]) -> Table:
    """Mean bits a pixel and compression ratio of the lossless codecs."""
    rows = []
    for name, codec in LOSSLESS.items():
        own = [point for point in points if point.codec == name]
        if own:
            bpp = float(np.mean([point.bpp for point in own]))
            rows.append([codec.label, f"{bpp:.2f}", f"{24 / bpp:.2f}:1"])
    return [["codec", "bits a pixel", "ratio"], *rows] if rows else []


def _percent(value: float) -> str:
    return "" if np.isnan(value) else f"{value:+.1f} %"


def as_markdown(table: Table) -> str:
    """A table for a README."""
    head, *rows = table
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def as_csv(table: Table) -> str:
    """A table for a spreadsheet."""
    return "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table) + "\n"


def as_html(table: Table) -> str:
    """A table for a page."""
    head, *rows = [[html.escape(cell) for cell in row] for row in table]
    lines = ["<table>", "<tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    return "\n".join([*lines, "</table>"])


def plot(points: Sequence[Point], metric: str, path: Path) -> None:
    """Mean quality against mean bits a pixel, a line a codec."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (of the extra)
    from matplotlib.figure import Figure  # noqa: PLC0415 (of the extra)

    figure = Figure(figsize=(8, 5.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for i, codec in enumerate(codecs_of(points)):
        rate, quality = mean_curve(points, codec, metric)
        style = "-" if codec in _OURS else "--"
        axes.plot(rate, quality, style, marker=".", linewidth=1.4, color=f"C{i % 10}", label=CODECS[codec].label)
    axes.set_xscale("log")
    axes.set_xlim(0.15, 4)
    ticks = (0.2, 0.3, 0.5, 1, 2, 3)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    visible = [
        q
        for codec in codecs_of(points)
        for r, q in zip(*mean_curve(points, codec, metric), strict=True)
        if 0.15 <= r <= 4
    ]
    if visible:
        margin = 0.03 * (max(visible) - min(visible))
        axes.set_ylim(min(visible) - margin, max(visible) + margin)
    axes.set_xlabel("bits a pixel")
    axes.set_ylabel(METRICS[metric])
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="lower right")
    figure.savefig(path, dpi=110)


_OURS = tuple(name for name in CODECS if name.split("-")[0] in ("numjpeg", "psnr", "perceptual"))


def strip(original: Pixels, views: Sequence[View], path: Path) -> list[str]:
    """Views side by side as one picture.

    Returns
    -------
    A caption for each: label, bytes, PSNR.
    """
    gap = np.full((original.shape[0], 6, 3), 255, np.uint8)
    parts = [part for view in views for part in (gap, view.picture)][1:]
    Image.fromarray(np.concatenate(parts, axis=1)).save(path)
    return [f"{view.label}: {view.bytes:,} bytes, {psnr(original, view.picture):.2f} dB" for view in views]


def write_report(
    points: Sequence[Point],
    anchors: Sequence[str],
    target: Path,
    strips: Sequence[tuple[str, str, Sequence[str]]] = (),
) -> Path:
    """Write ``index.html`` with tables and plots, and the tables as CSV, into the folder ``target``.

    Parameters
    ----------
    points : of a study. anchors : codecs against which BD-rates are given.
    strips : (title, file name in ``target``, captions) of pictures to show.

    Returns
    -------
    The page.
    """
    lossy = [point for point in points if point.codec in CODECS]
    pictures = sorted({point.picture for point in points})
    parts = [f"<h1>Rate and distortion</h1><p>{len(pictures)} pictures: {html.escape(', '.join(pictures))}.</p>"]
    for metric in metrics_of(lossy):
        plot(lossy, metric, target / f"{metric}.png")
        parts.append(f'<h2>{html.escape(METRICS[metric])}</h2><img src="{metric}.png" alt="{metric}">')
        for anchor in anchors:
            table = bd_table(lossy, anchor, metric)
            write_atomically(target / f"bd-{metric}-{anchor}.csv", as_csv(table).encode())
            title = f"Rate at equal {METRICS[metric]}, against {CODECS[anchor].label}"
            parts += [f"<h3>{html.escape(title)}</h3>", as_html(table)]
        table = ratio_table(lossy, metric)
        write_atomically(target / f"ratio-{metric}.csv", as_csv(table).encode())
        parts += [f"<h3>{html.escape(METRICS[metric])} at compression ratios</h3>", as_html(table)]
    parts.append(
        "<p>A codec looks best by the metric that it was built for: see the last column, and more than one "
        "metric. BD-rate: mean difference of log rate at equal quality, piecewise cubic, over the qualities that "
        "the anchor has in the range; negative is smaller.</p>"
    )
    if table := lossless_table(points):
        write_atomically(target / "lossless.csv", as_csv(table).encode())
        parts += ["<h2>Lossless</h2>", as_html(table)]
    for title, name, captions in strips:
        parts.append(f'<h2>{html.escape(title)}</h2><a href="{name}"><img src="{name}" alt=""></a>')
        parts.append("<p>" + "<br>".join(html.escape(caption) for caption in captions) + "</p>")
    page = target / "index.html"
    write_atomically(page, _PAGE.replace("BODY", "\n".join(parts)).encode())
    return page


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Rate and distortion</title>
<style>
body { font: 15px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
img { max-width: 100%; }
table { border-collapse: collapse; }
td, th { padding: 0.2em 0.8em; border-bottom: 1px solid #ccc; text-align: right; }
td:first-child, th:first-child, td:last-child { text-align: left; }
</style></head><body>
BODY
</body></html>
"""
