"""Codecs side by side on a folder of pictures: points, curves, Bjøntegaard rates, a report (extra ``study``).

:mod:`~numjpeg.tools.study.codecs` says which, :mod:`~numjpeg.tools.study.measure` takes one point,
:mod:`~numjpeg.tools.study.runner` takes all of them on any executor and goes on after an interruption,
:mod:`~numjpeg.tools.study.curves` makes averages and rate differences of them,
:mod:`~numjpeg.tools.study.jpeg2000` compares the two standards of the same committee, and
:mod:`~numjpeg.tools.study.report` writes a page. No metric but PSNR is computed here: SSIM is scikit-image's,
SSIMULACRA2 and the Bjøntegaard rate are those of the packages of these names.
"""
