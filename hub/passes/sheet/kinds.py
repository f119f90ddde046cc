"""Files that are no list of ours, known by their first bytes, whatever they are called: one clear line for each."""

from hub.errors import RefusedError

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PACKED = (b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"BZh", b"\xfd7zXZ\x00")
_OTHER = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"MZ", b"\x7fELF", b"SQLite format 3")
_PAGE = (b"<!doctype", b"<html", b"<table", b"<?xml", b"<head", b"<meta", b"<style", b"<div", b"<!--", b"mime-version:")


def is_archive(data: bytes) -> bool:
    """True if the bytes begin as a ZIP archive does, which an .xlsx workbook is."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def refuse_other_kinds(data: bytes, name: str) -> None:
    """`RefusedError` for a file whose first bytes say that it is something else than text or an .xlsx workbook."""
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise RefusedError("%(file)s: locked with a password; save it without one", file=name)
        raise RefusedError("%(file)s: an old Excel workbook (.xls); save it as .xlsx or as CSV in UTF-8", file=name)
    if data.startswith(_PACKED):
        raise RefusedError("%(file)s: a packed archive; unpack it and choose the list in it", file=name)
    if data.startswith(_OTHER):
        raise RefusedError("%(file)s: no list but another kind of file; save the list as .xlsx or CSV", file=name)
    if _begins_as_page(data):
        raise RefusedError(
            "%(file)s: a web page or XML under a spreadsheet's name; save it as .xlsx or as CSV in UTF-8", file=name
        )


def _begins_as_page(data: bytes) -> bool:
    start = data[:2000].removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").removeprefix(b"\xff\xfe")
    return start.lstrip().lower().startswith(_PAGE)
