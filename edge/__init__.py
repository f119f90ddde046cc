"""The gate unit of Kakou, and the contract it shares with the hub."""

import os

# OpenCV reads this once, when it is loaded: it refuses a larger picture by its header, before there is memory for the pixels
MOST_PIXELS = 64_000_000
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MOST_PIXELS)
