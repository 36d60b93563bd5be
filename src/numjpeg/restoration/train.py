"""Train the network of :mod:`numjpeg.restoration.network`: ``python -m numjpeg.restoration.train FOLDER``.

Any folder of pictures serves. Each picture is reduced by 2, 3 and 4, so that no trace is left of how its own file
was compressed, and cut into tiles. Each tile is encoded once, with random quality, sampling and kind of
quantization table. The network learns to bring the decoded tile nearer to the original. Training needs the extra
``train``: PyTorch on the CPU, Pillow, and mozjpeg (in pyvips) and jpegli for a part of the files. Equal folders,
options and machines give equal weights.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyjpegli
import pyvips
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from numjpeg import encode, read_coefficients
from numjpeg.restoration import network
from numjpeg.restoration.restore import worthwhile
from numjpeg.stages.quantization import quantization_tables


class Phase(NamedTuple):
    """A part of the training."""

    tiles: int
    steps: int
    peak: float  # the highest rate of learning
    every: int  # of how many shifts one is taken, see numjpeg.restoration.network.Evidence
    others: bool  # some files are by mozjpeg and jpegli, and chroma that does not gain is not restored


PHASES = Phase(1200, 16000, 1.5e-3, 1, False), Phase(700, 5000, 5e-4, 4, True)
"""The phases that made the weights in the library, in about 20 minutes of one core."""
SHARE = 0.7
"""The share of the last phase's change of the weights that is kept. All of it is best for files of mozjpeg. For
other files the first phase's weights are better by 0.01 dB, since that phase was longer."""
TILE = 256  # rows and columns of a tile
CROP = 96  # rows and columns of the part of a tile that is learned from at a time
BATCH = 8  # crops a step
CHROMA_SHARE = 0.6
"""The share of the correction of chroma that is kept in the end. A few photographs do not show all colours there
are, and the network is too sure of those that it saw. On five photographs of the same package that it did not see,
chroma gained 0.35 dB with the whole correction, 0.54 dB with this share. Luma gains most with all of its own."""

YCBCR = np.array(
    [[0.299, 0.587, 0.114], [-0.168735892, -0.331264108, 0.5], [0.5, -0.418687589, -0.081312411]], np.float32
)
"""JFIF's matrix, from red, green and blue to Y, Cb and Cr."""


class Sample(NamedTuple):
    """A tile: the original, what was decoded, and what is known of its coding."""

    truth: NDArray[np.float16]  # (3, TILE, TILE): Y, Cb, Cr, level-shifted; only Y counts if the file is gray
    luma: NDArray[np.float16]  # (2, TILE, TILE): restored, and plain minus restored
    chroma: NDArray[np.float16]  # (4, TILE / 2, TILE / 2): the same of Cb and Cr
    large: NDArray[np.float16]  # (2, TILE, TILE): restored Cb and Cr, upsampled
    coding: network.Coding
    errors: NDArray[np.float32]  # (3,): mean squared errors of what is restored; 0 for Cb and Cr of a gray file


def tiles(folder: Path, count: int, rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """``count`` tiles ``(TILE, TILE, 3)``, equally many of each picture, or ``(TILE, TILE)`` of gray ones."""
    pictures = []
    for path in sorted(folder.iterdir()):
        with Image.open(path) as image:
            picture = image.convert("L" if image.mode in ("L", "1") else "RGB")
        for factor in (2, 3, 4):
            size = picture.width // factor, picture.height // factor
            if min(size) >= TILE or (factor == 2 and min(size) >= CROP):
                small = np.asarray(picture.resize(size, Image.Resampling.LANCZOS))
                edge = [(0, max(0, TILE - side)) for side in small.shape[:2]] + [(0, 0)] * (small.ndim - 2)
                pictures.append(np.pad(small, edge, "symmetric"))
    for i in range(count):
        reduced = pictures[i % len(pictures)]
        y, x = (int(rng.integers(side - TILE + 1)) for side in reduced.shape[:2])
        tile = reduced[y : y + TILE, x : x + TILE]
        if tile.ndim == 3 and rng.random() < 0.3:
            tile = tile[..., rng.permutation(3)]
        yield np.ascontiguousarray(tile.swapaxes(0, 1) if rng.random() < 0.5 else tile)


def file_of(tile: NDArray[np.uint8], rng: np.random.Generator, others: bool = False) -> bytes:
    """A file of a tile as somebody might have made it; with ``others``, a quarter are by mozjpeg and jpegli."""
    quality = int(rng.integers(5, 96))
    subsampling: str | None = str(rng.choice(["4:2:0", "4:4:4", "4:2:2", "4:4:0"], p=[0.7, 0.16, 0.1, 0.04]))
    if tile.ndim == 2 or rng.random() < 0.08:
        tile, subsampling = (tile if tile.ndim == 2 else tile[..., 1]), None
    kind = rng.random()
    if kind < 0.15:
        tune = "psnr" if rng.random() < 0.7 else "perceptual"
        return encode(tile, quality, subsampling=subsampling, tune=tune)
    if kind < 0.35:
        # Between libjpeg's tables and flat ones, chroma finer or coarser: other encoders have such tables.
        flatness, chroma = rng.uniform(0, 1), rng.uniform(0.6, 1.5)
        tables = [np.asarray(t, np.float64) for t in quantization_tables(quality)]
        tables = [np.exp((1 - flatness) * np.log(t) + flatness * np.log(t).mean()) for t in tables]
        qtables = [np.clip(np.rint(t), 1, 255).astype(np.uint16) for t in (tables[0], tables[1] * chroma)]
        return encode(tile, subsampling=subsampling, qtables=qtables[: 1 if tile.ndim == 2 else 2])
    if others and kind < 0.6:
        if tile.ndim == 3 and kind > 0.5:
            return bytes(pyjpegli.encode(tile.tobytes(), TILE, TILE, quality))
        return by_mozjpeg(tile, quality, subsampling == "4:4:4")
    return encode(tile, quality, subsampling=subsampling)


def by_mozjpeg(tile: NDArray[np.uint8], quality: int, large: bool) -> bytes:
    """A file by mozjpeg, which the binary package of pyvips contains, as it makes them by default."""
    options = dict.fromkeys(("trellis_quant", "overshoot_deringing", "optimize_coding"), True)
    mode = "off" if large else "on"
    picture = pyvips.Image.new_from_array(tile)
    return bytes(picture.jpegsave_buffer(Q=quality, quant_table=3, subsample_mode=mode, **options))


def sample_of(tile: NDArray[np.uint8], data: bytes, phase: Phase) -> Sample:
    """What the network gets from a file, and what it should give."""
    coefficients = read_coefficients(data)
    if tile.ndim == 2 or len(coefficients.planes) == 1:
        gray = tile if tile.ndim == 2 else tile[..., 1]
        truth = np.stack([gray] * 3).astype(np.float32) - 128
    else:
        truth = np.moveaxis(tile.astype(np.float32) @ YCBCR.T, -1, 0)
        truth[0] -= 128
    able = [True, *worthwhile(coefficients)[1:]] if phase.others else None
    shown = network.Evidence(coefficients, phase.every, able).tile(slice(0, TILE), slice(0, TILE))
    truth_16, luma, chroma, large = (array.astype(np.float16) for array in (truth, *shown))
    coding = network.Coding.of(coefficients)
    result = np.concatenate([luma[:1], large]).astype(np.float32)
    errors = ((result - truth_16) ** 2).mean((1, 2)) * [1, *[coding.numbers[128]] * 2]
    return Sample(truth_16, luma, chroma, large, coding, errors.astype(np.float32))


LEVELS = (slice(0, 4), 4), (slice(8, 9), 1), (slice(9, 10), 1)
"""Channels of the input that hold restored Y, Cb and Cr."""


class Net(nn.Module):
    """The network, as :mod:`numjpeg.restoration.network` computes it."""

    def __init__(self) -> None:
        super().__init__()
        self.finished = False
        channels = network.CHANNELS
        self.first = nn.Conv2d(12, channels, 3, padding=1)
        self.place = nn.Parameter(torch.zeros(channels, network.PERIOD, network.PERIOD))
        self.coding = nn.Linear(network.KNOWN, channels)
        self.middle = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(network.LAYERS))
        self.last = nn.Conv2d(channels, 12, 3, padding=1)
        self.strength = nn.Linear(network.KNOWN, 2)
        nn.init.normal_(self.coding.weight, 0, 0.02)
        nn.init.normal_(self.last.weight, 0, 1e-3)
        for tensor in (self.last.bias, self.strength.weight, self.strength.bias):
            nn.init.zeros_(tensor)

    def kernel(self) -> Tensor:
        """The kernel of the first convolution. It sees only differences of restored samples, not their level."""
        weight = self.first.weight
        if self.finished:
            return weight
        means = [weight[:, part].mean((1, 2, 3), keepdim=True).expand(-1, n, 3, 3) for part, n in LEVELS]
        rest = torch.zeros_like(weight[:, :1])
        return weight - torch.cat([means[0], rest.expand(-1, 4, 3, 3), means[1], means[2], rest, rest], 1)

    def forward(self, luma: Tensor, chroma: Tensor, large: Tensor, coding: Tensor, scales: Tensor) -> Tensor:
        """Y, Cb and Cr ``(B, 3, H, W)``, from arrays as :class:`Sample` has them."""
        of_luma, of_chroma = scales[:, 0, None, None, None], scales[:, 1, None, None, None]
        x = torch.cat([functional.pixel_unshuffle(luma / of_luma, 2), chroma / of_chroma], 1)
        x = functional.conv2d(functional.pad(x, (1, 1, 1, 1), mode="replicate"), self.kernel(), self.first.bias)
        x = x + self.coding(coding)[:, :, None, None]
        x = functional.relu(x + self.place.repeat(1, x.shape[2] // network.PERIOD, x.shape[3] // network.PERIOD))
        for layer in self.middle:
            x = x + functional.relu(layer(x))
        x = functional.pixel_shuffle(self.last(x).float(), 2)
        strength = torch.exp(self.strength(coding).float()) * scales
        return torch.cat([luma[:, :1], large], 1) + x * strength[:, [0, 1, 1], None, None]


def batch(samples: list[Sample], rng: np.random.Generator) -> list[Tensor]:
    """Crops of random samples, flipped at random: truth, the arguments of :meth:`Net.forward`, errors."""
    crops: list[list[NDArray[Any]]] = []
    for i in rng.integers(0, len(samples), BATCH):
        sample = samples[i]
        y, x = (int(value) * 16 for value in rng.integers(0, (TILE - CROP) // 16 + 1, 2))
        flips = [slice(None, None, -1 if rng.random() < 0.5 else 1) for _ in range(2)]
        arrays = []
        for array in sample[:4]:
            f = TILE // array.shape[-1]
            part = array[:, y // f : (y + CROP) // f, x // f : (x + CROP) // f]
            arrays.append(part[:, flips[0], flips[1]].astype(np.float32))
        crops.append([*arrays, sample.coding.numbers, sample.coding.scales, sample.errors])
    return [torch.from_numpy(np.stack(arrays)) for arrays in zip(*crops, strict=True)]


def loss_of(result: Tensor, truth: Tensor, coding: Tensor, errors: Tensor) -> Tensor:
    """The mean logarithm of the error over red, green and blue, plus half of that in luma.

    An error counts in relation to that of the whole restored tile, since PSNR is of whole pictures.
    """
    y, cb, cr = (result - truth).unbind(1)
    colour = coding[:, 128]
    luma = (y**2).mean((1, 2))
    red, green, blue = y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb
    rgb = ((red**2 + green**2 + blue**2) / 3).mean((1, 2))
    usual = errors[:, 0] + errors[:, 1] * 1.09 + errors[:, 2] * 0.825
    of_rgb, of_luma = torch.log(rgb + usual / 2 + 0.05), torch.log(luma + errors[:, 0] / 2 + 0.05)
    return (of_rgb * colour + of_luma * (1.5 - colour)).mean()


def train(net: Net, samples: list[Sample], steps: int, peak: float, seed: int) -> None:
    """Train a network for so many steps of :data:`BATCH` crops each, and round its weights to 16 bits."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    if net.finished:
        net.finished = False
        with torch.no_grad():
            net.strength.bias[1] -= float(np.log(CHROMA_SHARE))
    optimizer = torch.optim.Adam(net.parameters(), peak)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, steps, pct_start=0.06)
    gain = 0.0
    for step in range(steps):
        truth, *inputs, errors = batch(samples, rng)
        # All but the last fifth of the steps use bfloat16, which is twice as fast on processors that have it.
        with torch.autocast("cpu", torch.bfloat16, enabled=step < 0.8 * steps):
            result = net(*inputs)
        loss = loss_of(result, truth, inputs[3], errors)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            before = loss_of(torch.cat([inputs[0][:, :1], inputs[2]], 1), truth, inputs[3], errors)
            gain += 10 / np.log(10) * float(before - loss)
        if step % 200 == 199:
            print(f"step {step + 1}: the loss is {gain / 200:.3f} dB less than with restore=True", flush=True)
            gain = 0.0
    with torch.no_grad():
        net.first.weight.copy_(net.kernel())
        net.finished = True
        net.strength.bias[1] += float(np.log(CHROMA_SHARE))
        for parameter in net.parameters():
            parameter.copy_(parameter.half())


def outputs_of(net: Net) -> dict[str, NDArray[Any]]:
    """PyTorch's results for inputs of noise. Tests compare them with inference in NumPy."""
    rng = np.random.default_rng(0)
    shapes = {"luma": (2, 32, 48), "chroma": (4, 16, 24), "large": (2, 32, 48), "numbers": (network.KNOWN,)}
    given = {name: rng.normal(0, 0.3 if name == "numbers" else 20, shape) for name, shape in shapes.items()}
    given = {name: array.astype(np.float16) for name, array in (given | {"scales": np.array([9, 11])}).items()}
    with torch.no_grad():
        result = net(*(torch.from_numpy(array.astype(np.float32))[None] for array in given.values()))
    return given | {"result": result[0].numpy()}


WRITTEN = "network.npz", "network_outputs.npz"


def main(arguments: list[str] | None = None) -> int:
    """Train, and write ``network.npz`` and ``network_outputs.npz``."""
    parser = argparse.ArgumentParser(
        prog="python -m numjpeg.restoration.train", description=__doc__.split("\n")[0]
    )
    parser.add_argument("folder", type=Path, help="pictures that Pillow can read")
    parser.add_argument("--tiles", type=int, help="how many to learn from in each phase")
    parser.add_argument("--steps", type=int, help="of each phase")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path(), help="folder for what is written")
    given = parser.parse_args(arguments)
    for name in WRITTEN:
        if (given.output / name).exists():
            parser.error(f"{given.output / name} exists and is kept; --output names another folder")
    torch.manual_seed(given.seed)
    net = Net().to(memory_format=torch.channels_last)
    for i, phase in enumerate(PHASES):
        before = [parameter.detach().clone() for parameter in net.parameters()]
        rng = np.random.default_rng(given.seed + i)
        pictures = tiles(given.folder, given.tiles or phase.tiles, rng)
        samples = [sample_of(tile, file_of(tile, rng, phase.others), phase) for tile in pictures]
        train(net, samples, given.steps or phase.steps, phase.peak, given.seed + i)
    with torch.no_grad():
        for parameter, old in zip(net.parameters(), before, strict=True):
            parameter.copy_((old + SHARE * (parameter - old)).half())
    for path in sorted(given.folder.iterdir()):
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}")
    weights = {name: np.ascontiguousarray(w.detach().half().numpy()) for name, w in net.named_parameters()}
    for name, arrays in ((WRITTEN[0], weights), (WRITTEN[1], outputs_of(net))):
        path = given.output / name
        np.savez_compressed(path, **arrays)
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}, {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
