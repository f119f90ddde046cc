"""Pass texts and pictures of codes, as the tests of camera, scanner and clips need them."""

import numpy as np
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.camera.opencv import cv2
from edge.camera.sources import Image, pixels
from edge.contract import passes

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
START, END = 1_640_995_200, 1_893_456_000


def pass_text(plate: str = "鲁B12345", number: int = 1) -> str:
    """A signed pass, about 190 characters."""
    pass_ = passes.Pass(number.to_bytes(8, "big"), plate, 1, None, False, START, END)
    return passes.write(pass_, passes.key_id(KEY.public_key().public_bytes_raw()), KEY)


def code(text: str, level: str = "q", module: int = 6, inverted: bool = False) -> Image:
    """A flat QR code, black on white, gray."""
    rows = [list(row) for row in segno.make(text, error=level, micro=False, boost_error=False).matrix_iter(border=4)]
    modules = np.array(rows, np.uint8).repeat(module, 0).repeat(module, 1)
    return pixels(np.where((modules > 0) ^ inverted, 20, 240).astype(np.uint8))


def seen(flat: Image, *, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, side: int = 300) -> Image:
    """A flat code held into a gray 1280x720 frame, turned by degrees about its middle."""
    height, width = flat.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    a, b, c = np.radians([yaw, pitch, roll])
    flat_space = np.c_[(corners / [width, height] - 0.5) * side, np.zeros(4)]
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    space = flat_space @ (about_y @ about_x @ about_z).T
    spots = space[:, :2] * (1200 / (1200 + space[:, 2:])) + [640, 360]
    way = cv2.getPerspectiveTransform(corners, spots.astype(np.float32))
    frame = np.full((720, 1280), 120, np.uint8)
    cv2.warpPerspective(flat, way, (1280, 720), dst=frame, borderMode=cv2.BORDER_TRANSPARENT)
    return frame
