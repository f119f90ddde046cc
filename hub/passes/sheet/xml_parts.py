"""XML parts of a workbook, read as a stream: no document type (so no entities that grow), nothing fetched from anywhere."""

from collections.abc import Callable
from typing import IO
from xml.parsers import expat

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]

MOST_DEPTH = 64


class EnoughError(Exception):
    """Raised by a reader that needs no more of a part."""


def walk(stream: IO[bytes], start: Start, end: End | None = None, text: Text | None = None) -> None:
    """Calls `start`, `end` and `text` for elements by their local names; `ValueError` for a document type or bad XML."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MOST_DEPTH:
            raise ValueError("XML too deep")
        start(name.rpartition(":")[2], attributes)

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(name.rpartition(":")[2])

    def doctype(*_: object) -> None:
        raise ValueError("document type")

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.StartDoctypeDeclHandler = doctype
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        parser.ParseFile(stream)
    except EnoughError:
        return
    except expat.ExpatError as error:
        raise ValueError(f"XML line {error.lineno}") from None
