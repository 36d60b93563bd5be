"""Compare codecs on a folder of pictures: points, curves, Bjøntegaard rates, a report (extra ``study``).

We compute PSNR ourselves. scikit-image computes SSIM; the packages ssimulacra2 and bjontegaard do the rest.
"""
