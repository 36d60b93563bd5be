"""What must not be missing in a test run (:mod:`conftest` says what the words mean)."""

import os

REQUIRED = os.environ.get("NUMJPEG_REQUIRE", "").split()
