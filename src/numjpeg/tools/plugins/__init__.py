"""Plugins of numjpeg for other packages. Each module serves one package, and imports it.

imageio_plugin      ``iio.imread(file, plugin=JpegPlugin)``, or ``plugin="numjpeg"`` after ``register()``
pydicom_plugin      pixel data of every JPEG and JPEG 2000 syntax, decoded and encoded, after ``register()``
numcodecs_codec     ``numcodecs.get_codec({"id": "numjpeg"})`` and arrays of Zarr format 2: nothing to register
zarr_codec          arrays of Zarr format 3: nothing to register
notebook            pictures shown in a notebook

``dask.array.image.imread(pattern, imread=numjpeg.imread)`` needs no plugin.
"""
