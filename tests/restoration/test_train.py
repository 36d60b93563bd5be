"""The training command, where PyTorch is installed: it is repeatable, and what it writes is what it computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import samples
from PIL import Image

import numjpeg
from numjpeg.restoration.network import Coding, Network

torch = pytest.importorskip("torch", reason="PyTorch (the extra train) is not installed")
for name in ("pyjpegli", "pyvips"):
    pytest.importorskip(name, reason=f"{name} (the extra train) is not installed")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two folders with what twenty steps gave."""
    from numjpeg.restoration import train  # noqa: PLC0415 (it needs PyTorch)

    pictures = tmp_path_factory.mktemp("pictures")
    Image.fromarray(samples.photograph()).save(pictures / "colour.png")
    Image.fromarray(samples.photograph()[..., 1]).save(pictures / "gray.png")
    outputs = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    for output in outputs:
        assert train.main([str(pictures), "--tiles", "6", "--steps", "20", "--output", str(output)]) == 0
    return outputs


def test_twenty_steps_give_the_same_weights_twice(written: list[Path]) -> None:
    first, second = (np.load(folder / "network.npz") for folder in written)
    assert set(first) == set(second)
    for name in first:
        assert first[name].dtype == np.float16
        assert np.array_equal(first[name], second[name])


def test_numpy_computes_what_pytorch_computes(written: list[Path]) -> None:
    given = {name: array.astype(np.float32) for name, array in np.load(written[0] / "network_outputs.npz").items()}
    with np.load(written[0] / "network.npz") as weights:
        found = Network(dict(weights))(
            given["luma"], given["chroma"], given["large"], Coding(given["numbers"], given["scales"])
        )
    assert np.abs(found - given["result"]).max() <= 1e-4


def test_the_network_that_ships_computes_the_same_in_pytorch() -> None:
    from numjpeg.restoration import network, train  # noqa: PLC0415 (see above)

    net = train.Net()
    net.finished = True
    with np.load(str(Path(network.__file__).with_name("network.npz"))) as weights:
        net.load_state_dict({name: torch.from_numpy(array.astype(np.float32)) for name, array in weights.items()})
    random = np.random.default_rng(3)
    shown = [random.normal(0, 20, shape).astype(np.float32) for shape in ((2, 32, 64), (4, 16, 32), (2, 32, 64))]
    coding = Coding(random.normal(0, 0.3, network.KNOWN).astype(np.float32), np.array([8, 12], np.float32))
    with torch.no_grad():
        expected = net(*(torch.from_numpy(array)[None] for array in (*shown, *coding)))[0].numpy()
    assert np.abs(network.network()(*shown, coding) - expected).max() <= 1e-4


@pytest.mark.parametrize("quality", [40, 70])
def test_files_of_mozjpeg_gain(quality: int) -> None:
    """Its trellis leaves coefficients out, so intervals say less than they seem to."""
    from numjpeg.restoration import train  # noqa: PLC0415 (see above)

    image = np.ascontiguousarray(samples.photograph()[100:356, 100:356])
    data = train.by_mozjpeg(image, quality, large=False)
    restored = numjpeg.psnr(image, numjpeg.decode(data, restore=True))
    assert numjpeg.psnr(image, numjpeg.decode(data, restore="learned")) > restored + 0.2


def test_weights_that_are_there_are_kept(written: list[Path], tmp_path: Path) -> None:
    from numjpeg.restoration import train  # noqa: PLC0415 (it needs PyTorch)

    before = (written[0] / "network.npz").read_bytes()
    with pytest.raises(SystemExit) as stop:
        train.main([str(tmp_path), "--output", str(written[0])])
    assert stop.value.code == 2
    assert (written[0] / "network.npz").read_bytes() == before
