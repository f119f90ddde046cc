"""OpenCV is loaded with the gate's limit, and who only speaks the contract knows nothing of it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def said(code: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENCV")}
    return subprocess.run(
        [sys.executable, "-c", code], env=clean, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


def test_the_contract_and_the_hub_leave_the_environment_as_it_was() -> None:
    code = "import os, edge.contract.records, hub.web.app; print([name for name in os.environ if 'OPENCV' in name])"
    assert said(code).strip() == "[]"


def test_every_module_takes_opencv_from_where_its_limit_is_set() -> None:
    ours = [path for name in ("edge", "scripts") for path in (ROOT / name).rglob("*.py") if path.name != "opencv.py"]
    assert [path for path in ours if "\nimport cv2" in path.read_text() or "\nfrom cv2" in path.read_text()] == []


def test_a_picture_that_is_too_large_is_refused_by_its_header() -> None:
    code = (
        "from edge.camera.opencv import cv2, MOST_PIXELS; import numpy as np, struct, zlib\n"
        "head = struct.pack('>IIBBBBB', 60000, 60000, 8, 2, 0, 0, 0)\n"
        "chunk = lambda kind, data: struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))\n"
        "png = b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', head) + chunk(b'IDAT', zlib.compress(b'')) + chunk(b'IEND', b'')\n"
        "try:\n"
        "    print(cv2.imdecode(np.frombuffer(png, np.uint8), 1))\n"
        "except cv2.error as error:\n"
        "    print('refused' if 'CV_IO_MAX_IMAGE_PIXELS' in str(error) else error)\n"
    )
    assert said(code).strip() == "refused"
