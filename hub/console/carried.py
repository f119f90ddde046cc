"""A file that a page carries from its preview to the yes, as text in a form: until then the hub keeps nothing.

Tested in `tests/hub/console/test_carried.py`.
"""

import base64
import binascii
import zlib

from flask import abort


def pack(data: bytes) -> str:
    """A file as text that a form can carry."""
    return base64.b64encode(zlib.compress(data)).decode("ascii")


def unpack(text: str, most: int) -> bytes:
    """The file again; 400 for text that no page of ours carried, or that unpacks to more than `most` bytes."""
    try:
        inflate = zlib.decompressobj()
        data = inflate.decompress(base64.b64decode(text, validate=True), most + 1)
    except (binascii.Error, ValueError, zlib.error):
        abort(400)
    if not inflate.eof or len(data) > most:
        abort(400)
    return data
