"""OpenCV for the gate's pictures, with its limit set: whoever needs it takes it from here and nowhere else.

It reads the limit once, from the environment, when it is loaded: then it refuses a larger picture by its header, before there is memory
for the pixels. Set here, no program that only speaks the contract has it in its environment, nor hands it to others.
"""

import os

MOST_PIXELS = 64_000_000
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MOST_PIXELS)

import cv2  # noqa: E402  it reads the limit when it is loaded
from cv2.typing import MatLike  # noqa: E402  with cv2 itself, after the limit

__all__ = ["MOST_PIXELS", "MatLike", "cv2"]
