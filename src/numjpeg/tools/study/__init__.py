"""Codecs side by side on a folder of pictures: points, curves, Bjøntegaard rates, a report (extra ``study``).

PSNR is ours. SSIM is that of scikit-image; SSIMULACRA2 and the Bjøntegaard rate are of packages so named.
"""
