"""The errors that a plan measures are those of the decoded pictures."""

from __future__ import annotations

import random
from contextlib import ExitStack

import numpy as np
import pytest
import samples

import numjpeg
from numjpeg import encoder
from numjpeg.arguments import plan_encoding
from numjpeg.fast.error_plan import ErrorPlan
from numjpeg.rate_distortion import trials
from numjpeg.rate_distortion.scaling import scaled

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
    for make in (samples.smooth, samples.noise, samples.extremes, samples.flat):
        image = make(chance.randint(1, 70), chance.randint(1, 70), channels)
        plan = plan_for(image, options)
        settings = trials._for_trials(plan.settings, None)
        factors = np.array([0.01, 0.2, 0.7, 2.5, 20])[:together]
        base = settings.coefficients.quantization_tables
        fancy = bool(options.get("fancy_upsampling", True))
        with ExitStack() as stack:
            plan = plan._replace(settings=settings)
            rewriter = encoder._Rewriter(plan, stack)
            own = trials.Trials(plan, rewriter, stack, fancy)
            own.together = together
            found = own.errors(base, factors)
            assert isinstance(own._measurer, ErrorPlan)
            files = [rewriter.file(scaled(base, factor)) for factor in factors]
        space = {"BGR": "BGR", "YCbCr": "YCbCr"}.get(str(options.get("colorspace")))
        for error, data in zip(found, files, strict=True):
            decoded = numjpeg.decode(data, colorspace=space, fancy_upsampling=fancy)
            assert error == numjpeg.mse(image, decoded)
