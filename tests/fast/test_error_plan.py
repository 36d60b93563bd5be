"""The errors that a plan measures are those of the decoded pictures."""

from __future__ import annotations

import random
from itertools import cycle, permutations

import numpy as np
import pytest
import samples

import numjpeg
from numjpeg import encoder
from numjpeg.arguments import plan_encoding
from numjpeg.fast import error_plan
from numjpeg.fast.error_plan import ErrorPlan
from numjpeg.fast.plan_store import PLANS, Loans
from numjpeg.fast.samples import inverse_dct
from numjpeg.rate_distortion import trials
from numjpeg.rate_distortion.scaling import scaled
from numjpeg.stages.color import ycbcr_to_rgb

KINDS = [
    {},
    {"subsampling": "4:4:4"},
    {"subsampling": "4:2:2"},
    {"subsampling": "4:4:0"},
    {"subsampling": "4:1:1"},
    {"colorspace": "BGR"},
    {"colorspace": "YCbCr"},
    {"keep_rgb": True},
    {"fancy_upsampling": False},
    {"colorspace": "CMYK"},
    {"colorspace": "GRAY"},
]


def plan_for(image: np.ndarray, options: dict[str, object]):
    given = {**(encoder.encode.__kwdefaults__ or {}), "target_psnr": 30, **options}
    given.pop("progress")
    return plan_encoding(image, quality=None, **given)


@pytest.mark.usual(every=3)
@pytest.mark.parametrize("options", KINDS, ids=str)
@pytest.mark.parametrize("together", [1, 5])
def test_errors_equal_those_of_decoded_files(options: dict[str, object], together: int) -> None:
    chance = random.Random(str(options))
    channels = {"CMYK": 4, "GRAY": 1}.get(str(options.get("colorspace")), 3)
    sizes = [(chance.randint(1, 70), chance.randint(1, 70)) for _ in range(4)] + [(40, 13), (41, 13), (23, 64)]
    makers = samples.smooth, samples.noise, samples.extremes, samples.flat
    for (height, width), make in zip(sizes, cycle(makers)):
        image = make(height, width, channels)
        plan = plan_for(image, options)
        settings = trials._for_trials(plan.settings, None)
        factors = np.array([0.01, 0.2, 0.7, 2.5, 20])[:together]
        base = settings.coefficients.quantization_tables
        fancy = bool(options.get("fancy_upsampling", True))
        plan = plan._replace(settings=settings)
        loans: Loans = []
        rewriter = encoder._Rewriter(plan, loans)
        own = trials.Trials(plan, rewriter, loans, fancy)
        own.together = together
        found = own.errors(base, factors)
        assert isinstance(own._measurer, ErrorPlan)
        if own._measurer._within:
            planes = own._measurer.transform.planes[:8]
            squares = (planes * planes).reshape(64, -1)
            assert not len(inverse_dct._beyond(np.abs(planes[0, 0]), inverse_dct.IN_SUMS.reshape(3, 64) @ squares))
        files = [rewriter.file(scaled(base, factor)) for factor in factors]
        PLANS.give_back(loans)
        space = {"BGR": "BGR", "YCbCr": "YCbCr"}.get(str(options.get("colorspace")))
        for error, data in zip(found, files, strict=True):
            decoded = numjpeg.decode(data, colorspace=space, fancy_upsampling=fancy)
            assert error == numjpeg.mse(image, decoded)


def test_quotients_are_rounded_half_away_from_zero() -> None:
    """All coefficients, eight times too large, by all steps."""
    eightfold = np.arange(-9000, 9001)
    scaled_once = eightfold.astype(np.float32) * error_plan._SCALE
    for step in range(1, error_plan.MAX_STEP + 1):
        expected = np.sign(eightfold) * ((np.abs(eightfold) + 4 * step) // (8 * step))
        assert np.array_equal(np.rint(scaled_once / np.float32(step)), expected)


def test_colours_are_right_for_all_samples() -> None:
    """The product in float32 gives the colours of the stage, whatever the order of its sums."""
    y, cb, cr = np.ogrid[-128:128:3, -128:128:15, -128:128:5]
    ycbcr = np.stack(np.broadcast_arrays(y, cb, cr), axis=-1).reshape(-1, 3)
    inputs = np.concatenate([ycbcr, np.full((len(ycbcr), 1), 0.5)], axis=1).astype(np.float32)
    expected = ycbcr_to_rgb((ycbcr + 128).astype(np.uint8)).astype(int) - 128
    for order in permutations(range(4)):
        rgb = np.zeros((len(inputs), 3), np.float32)
        for i in order:
            rgb += inputs[:, i : i + 1] * error_plan._TO_RGB[:, i]
        assert np.array_equal(np.clip(np.floor(rgb), -128, 127), expected)
