"""Every codec of a study codes."""

from __future__ import annotations

import numpy as np
import pytest
import samples

from numjpeg.tools.study import codecs


@pytest.mark.parametrize("name", [*codecs.CODECS, *codecs.LOSSLESS])
def test_every_codec_codes(name: str, study: None) -> None:
    picture = samples.photograph()[100:180, 100:260]
    codec = {**codecs.CODECS, **codecs.LOSSLESS}[name]
    sizes, errors = [], []
    for setting in (codec.settings[0], codec.settings[len(codec.settings) // 2], codec.settings[-1]):
        data = codec.encode(picture, setting)
        decoded = codec.decode(data)
        assert decoded.shape == picture.shape
        assert decoded.dtype == np.uint8
        sizes.append(len(data))
        errors.append(float(np.mean((decoded.astype(float) - picture) ** 2)))
    if name in codecs.LOSSLESS:
        assert errors == [0, 0, 0]
    else:
        assert sizes[0] < sizes[1] < sizes[2]
        assert errors[0] > errors[1] > errors[2]
