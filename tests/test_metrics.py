"""MSE and PSNR against numbers worked out by hand, a published value, Fractions, and scikit-image."""

import math
import warnings
from fractions import Fraction
from types import ModuleType

import numpy as np
import pytest
import samples
from PIL import Image

from numjpeg.metrics import CHUNK, mse, psnr


@pytest.fixture(autouse=True)
def _no_warnings() -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# 20 log10(255) = 48.1308 dB is the usual figure for 8 bits and an MSE of 1; each tenfold MSE costs 10 dB, each
# doubling of the error 6.0206 dB.
@pytest.mark.parametrize(
    ("difference", "decibels"),
    [(1, 48.1308), (2, 42.1102), (4, 36.0896), (10, 28.1308), (100, 8.1308), (255, 0.0)],
)
def test_a_constant_error_gives_the_textbook_figure(difference: int, decibels: float) -> None:
    reference = np.zeros((16, 16), np.uint8)
    image = np.full((16, 16), difference, np.uint8)
    assert mse(reference, image) == difference**2
    assert psnr(reference, image) == pytest.approx(decibels, abs=5e-5)


def test_an_example_by_hand() -> None:
    """Errors 1, 2, 0, 3: MSE (1 + 4 + 0 + 9) / 4 = 3.5, PSNR 10 log10(65025 / 3.5) = 42.6901 dB."""
    reference, image = np.array([[10, 20], [30, 40]], np.uint8), np.array([[11, 18], [30, 43]], np.uint8)
    assert mse(reference, image) == 3.5
    assert psnr(reference, image) == pytest.approx(42.6901, abs=5e-5)
    assert isinstance(mse(reference, image), float)
    assert isinstance(psnr(reference, image), float)


def exact_mse(reference: np.ndarray, image: np.ndarray) -> Fraction:
    pairs = zip(reference.ravel().tolist(), image.ravel().tolist(), strict=True)
    return sum((Fraction(a) - Fraction(b)) ** 2 for a, b in pairs) / reference.size


@pytest.mark.parametrize(
    "dtype",
    [np.bool_, np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.uint64, np.int64],
)
def test_no_integer_type_overflows(dtype: type) -> None:
    random = np.random.default_rng(0)
    low, high = (0, 1) if dtype == np.bool_ else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    kind = np.uint8 if dtype == np.bool_ else dtype
    reference, image = (random.integers(low, high, (7, 9, 3), kind, endpoint=True).astype(dtype) for _ in range(2))
    reference.flat[0], image.flat[0] = low, high
    reference.flat[1], image.flat[1] = high, low
    exact = exact_mse(reference, image)
    assert mse(reference, image) == pytest.approx(float(exact), rel=1e-14)
    assert mse(image, reference) == mse(reference, image)
    decibels = 10 * (2 * math.log10(255) - math.log10(exact))
    assert psnr(reference, image, data_range=255) == pytest.approx(decibels, abs=1e-10)
    assert psnr(reference, image, data_range=510) == pytest.approx(decibels + 6.0206, abs=1e-4)


@pytest.mark.parametrize(("dtype", "data_range"), [(np.bool_, 1), (np.uint8, 255), (np.uint16, 65535)])
def test_three_types_tell_their_range(dtype: type, data_range: int) -> None:
    reference, image = np.array([0, 1, 1, 0], dtype), np.array([0, 1, 0, 0], dtype)
    assert psnr(reference, image) == pytest.approx(20 * math.log10(data_range) + 6.0206, abs=1e-4)
    assert psnr(
        reference.astype(reference.dtype.newbyteorder()), image.astype(image.dtype.newbyteorder())
    ) == psnr(reference, image)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64, np.uint32, np.uint64])
def test_other_integers_need_a_data_range(dtype: type) -> None:
    """An 8-bit picture held as int64 is not one of 64 bits: its PSNR would be 388 dB."""
    reference, image = np.array([0, 100], dtype), np.array([1, 101], dtype)
    with pytest.raises(ValueError, match=r"^data_range: must be given for u?int"):
        psnr(reference, image)
    with pytest.raises(ValueError, match=r"^data_range: "):
        psnr(reference.tolist(), image.tolist())
    assert psnr(reference, image, data_range=255) == pytest.approx(48.1308, abs=5e-5)


def test_integers_beyond_float64_are_subtracted_exactly() -> None:
    for first, second in [
        (np.array([2**53, 2**62 + 3, -(2**63)]), np.array([2**53 + 1, 2**62, -(2**63) + 5])),
        (np.array([2**64 - 1, 2**63], np.uint64), np.array([2**64 - 3, 2**63 + 1], np.uint64)),
        (np.array([2**63 - 1, 7]), np.array([2**63 + 1, 9], np.uint64)),
        (np.array([2**60 + 1]), np.array([3], np.int8)),
    ]:
        for a, b in ((first, second), (second, first)):
            assert mse(a, b) == float(exact_mse(a, b))
            assert mse(a, b, per_channel=True).tolist() == [mse(x, y) for x, y in zip(a, b, strict=True)]


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.uint64])
def test_integers_beyond_float64_differ_from_floats_exactly(dtype: type) -> None:
    large = np.array([2**53 + 1, 2**60 + 1, 2**62 + 5])
    other = np.array([2**53, 2**60, 2**62])
    for first, second in ((large, other.astype(dtype)), (other.astype(dtype), large.astype(np.uint64))):
        assert mse(first, second) == (1 + 1 + 25) / 3


@pytest.mark.parametrize("wrong", ["photo.png", None, b"abc", [[1, 2], [3]], {}])
def test_what_is_no_picture_is_named_before_its_range(wrong: object) -> None:
    for pictures in ((wrong, np.zeros((8, 8), np.uint8)), (np.zeros((8, 8), np.uint8), wrong)):
        with pytest.raises(ValueError, match="^reference: " if pictures[0] is wrong else "^image: "):
            psnr(*pictures)


def test_uint8_does_not_wrap_round() -> None:
    assert mse(np.array([0], np.uint8), np.array([255], np.uint8)) == 65025
    assert mse(np.array([255], np.uint8), np.array([0], np.uint8)) == 65025
    assert mse(np.array([0, 1], np.uint8), np.array([16, 0], np.uint8)) == 128.5


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_need_a_data_range(dtype: type) -> None:
    reference, image = np.zeros(4, dtype), np.full(4, 0.5, dtype)
    with pytest.raises(ValueError, match="data_range"):
        psnr(reference, image)
    assert psnr(reference, image, data_range=1) == pytest.approx(6.0206, abs=5e-5)
    assert mse(reference, image) == 0.25


def test_two_types_need_a_data_range() -> None:
    reference, image = np.array([0, 200], np.uint8), np.array([1, 199], np.int16)
    with pytest.raises(ValueError, match="data_range"):
        psnr(reference, image)
    assert mse(reference, image) == 1
    assert psnr(reference, image, data_range=255) == pytest.approx(48.1308, abs=5e-5)
    with pytest.raises(ValueError, match="data_range"):
        psnr(reference, image.astype(np.float64))


@pytest.mark.parametrize("data_range", [0, -1, float("nan"), float("inf"), -float("inf"), 10**400, 1e300, 5e-324])
def test_a_range_that_is_no_positive_number_is_a_value_error(data_range: float) -> None:
    with pytest.raises(ValueError, match="data_range"):
        psnr(np.zeros(3), np.ones(3), data_range=data_range)


def test_sums_are_taken_in_float64() -> None:
    """In float16 or float32 these squares or their sum would be lost."""
    large = np.full(1000, 300, np.float16)
    assert mse(large, -large) == 360000
    many = np.full(3_000_000, 4097, np.float32)
    assert mse(many, np.zeros_like(many)) == 4097**2


def test_identical_images_give_infinity_without_a_warning() -> None:
    image = np.random.default_rng(1).integers(0, 256, (5, 6, 3)).astype(np.uint8)
    assert mse(image, image.copy()) == 0
    assert psnr(image, image.copy()) == math.inf
    assert psnr(image, image) == math.inf
    assert psnr(image, image, per_channel=True).tolist() == [math.inf] * 3


def test_per_channel_is_one_value_a_channel() -> None:
    reference = np.zeros((4, 5, 3), np.uint8)
    image = reference + np.array([0, 1, 10], np.uint8)
    assert mse(reference, image, per_channel=True).tolist() == [0, 1, 100]
    assert mse(reference, image) == pytest.approx(101 / 3)
    decibels = psnr(reference, image, per_channel=True)
    assert decibels.dtype == np.float64
    assert decibels.tolist() == [math.inf, pytest.approx(48.1308, abs=5e-5), pytest.approx(28.1308, abs=5e-5)]


def test_per_channel_equals_each_channel_by_itself() -> None:
    random = np.random.default_rng(2)
    reference, image = (random.integers(0, 256, (300, 400, 4)).astype(np.uint8) for _ in range(2))
    own = [mse(reference[..., c], image[..., c]) for c in range(4)]
    assert mse(reference, image, per_channel=True).tolist() == own
    assert sum(own) / 4 == pytest.approx(mse(reference, image), rel=1e-12)


@pytest.mark.parametrize(
    "shape", [(), (1,), (5,), (1, CHUNK + 1), (CHUNK + 1, 1), (3, CHUNK), (2 * CHUNK + 7,), (700, 301, 3)]
)
def test_any_shape_also_where_work_is_cut_into_pieces(shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(3)
    reference, image = (random.integers(0, 256, shape).astype(np.uint8) for _ in range(2))
    exact = ((reference.astype(np.int64) - image) ** 2).sum() / max(1, math.prod(shape))
    assert mse(reference, image) == pytest.approx(float(exact), rel=1e-14)


def test_the_memory_order_does_not_matter_and_nothing_is_changed() -> None:
    random = np.random.default_rng(4)
    reference, image = (random.integers(0, 256, (40, 30, 3)).astype(np.uint8) for _ in range(2))
    expected = float(exact_mse(reference, image))
    by_channel = mse(reference, image, per_channel=True)
    layouts = [
        np.asfortranarray,
        lambda a: np.repeat(a, 2, axis=1)[:, ::2],
        lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
        lambda a: np.moveaxis(np.ascontiguousarray(np.moveaxis(a, -1, 0)), 0, -1),
    ]
    for change in layouts:
        first, second = change(reference), change(image)
        first.setflags(write=False)
        second.setflags(write=False)
        assert mse(first, second) == mse(first, image) == expected
        assert (mse(first, second, per_channel=True) == by_channel).all()
        assert (first == reference).all()
        assert (second == image).all()


def test_lists_are_arrays() -> None:
    assert mse([1, 2], [1, 4]) == 2
    assert psnr([0.0, 0.0], [0.1, 0.1], data_range=1) == pytest.approx(20)
    assert mse(3, 5) == 4


@pytest.mark.parametrize("metric", [mse, psnr])
def test_unequal_shapes_are_a_value_error(metric: object) -> None:
    for first, second in [((4, 4), (4, 5)), ((4, 4), (4, 4, 1)), ((4, 4, 3), (4, 4, 1)), ((4,), (1,)), ((), (1,))]:
        with pytest.raises(ValueError, match="shape"):
            metric(np.zeros(first, np.uint8), np.zeros(second, np.uint8))


@pytest.mark.parametrize("metric", [mse, psnr])
@pytest.mark.parametrize("shape", [(0,), (0, 3), (5, 0), (4, 0, 3)])
def test_no_samples_are_a_value_error(metric: object, shape: tuple[int, ...]) -> None:
    for per_channel in (False, True):
        with pytest.raises(ValueError, match="no samples"):
            metric(np.zeros(shape, np.uint8), np.zeros(shape, np.uint8), per_channel=per_channel)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128, np.str_, object])
def test_samples_that_are_not_real_are_a_value_error(dtype: type) -> None:
    odd, plain = np.ones(3).astype(dtype), np.ones(3)
    for first, second in [(odd, odd), (odd, plain), (plain, odd)]:
        with pytest.raises(ValueError, match="real samples"):
            mse(first, second)
        with pytest.raises(ValueError, match="real samples"):
            psnr(first, second, data_range=1)


def test_a_single_sample_has_no_channels() -> None:
    with pytest.raises(ValueError, match="channels"):
        mse(np.uint8(3), np.uint8(4), per_channel=True)


def test_scikit_image_and_the_published_value(skimage: ModuleType) -> None:
    """What IPOL's imdiff (https://www.ipol.im/pub/art/2011/g_lmii/) gives for scikit-image's "camera" and noise.

    Published in scikit-image's own test of peak_signal_noise_ratio (pull request 4913); the noise has seed 5.
    """
    camera = skimage.data.camera()
    noise = np.random.RandomState(5).randn(*camera.shape)
    noisy = np.clip(camera + 20.0 * noise, 0, 255).astype(np.uint8)
    assert psnr(camera, noisy) == pytest.approx(22.4093534, abs=1e-4)

    random = np.random.default_rng(6)
    for dtype, data_range in [(np.uint8, None), (np.uint16, None), (np.float32, 3.0), (np.float64, 0.5)]:
        reference, image = (random.integers(0, 256, (31, 17, 3)).astype(dtype) for _ in range(2))
        theirs = skimage.metrics.peak_signal_noise_ratio(reference, image, data_range=data_range)
        assert psnr(reference, image, data_range=data_range) == pytest.approx(theirs, abs=1e-9)
        assert mse(reference, image) == pytest.approx(
            skimage.metrics.mean_squared_error(reference, image), rel=1e-12
        )


def test_what_the_samples_mean_must_be_the_same() -> None:
    image = Image.fromarray(samples.noise(8, 8, 3))
    with pytest.raises(ValueError, match=r"^reference: .*palette.*convert"):
        psnr(image.convert("P"), image.convert("P"))
    with pytest.raises(ValueError, match=r"^image: its mode 'YCbCr' differs from the reference's 'RGB'"):
        psnr(image, image.convert("YCbCr"))
    assert psnr(image, np.asarray(image)) == np.inf
    hidden = np.ma.masked_array(np.asarray(image), mask=np.asarray(image) > 9)
    for compare in (mse, psnr):
        with pytest.raises(ValueError, match=r"^image: .*masked"):
            compare(np.asarray(image), hidden)


def test_both_byte_orders_have_the_range_of_their_type() -> None:
    dark, light = np.array([0], np.uint16), np.array([1], np.uint16)
    assert psnr(dark.astype(">u2"), light) == psnr(dark, light)


@pytest.mark.parametrize("wrong", [True, "255", b"1", np.bool_(True), [255], (0, 255), np.array([255]), 2 + 0j])
def test_a_range_is_a_number(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"^data_range: "):
        psnr(np.zeros(3), np.ones(3), data_range=wrong)
