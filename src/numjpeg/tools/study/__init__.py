"""Codecs side by side on a folder of pictures: points, curves, Bjøntegaard rates, a report (extra ``study``).

- :mod:`~numjpeg.tools.study.codecs`: which codecs there are.
- :mod:`~numjpeg.tools.study.measure`: one point, of one picture, codec and setting.
- :mod:`~numjpeg.tools.study.runner`: all points, on any executor; it goes on after an interruption.
- :mod:`~numjpeg.tools.study.curves`: averages and rate differences.
- :mod:`~numjpeg.tools.study.views`: JPEG beside JPEG 2000 at one size, and from parts of a file.
- :mod:`~numjpeg.tools.study.report`: the page.

PSNR is ours. SSIM is that of scikit-image; SSIMULACRA2 and the Bjøntegaard rate are of packages so named.
"""
