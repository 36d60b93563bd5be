"""Files to coefficients and back, without pixels: the lower half of the hourglass as two functions."""
