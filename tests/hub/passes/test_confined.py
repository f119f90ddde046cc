"""A list that would cost the hub its memory or its time costs a process of its own, and one line."""

import io
import resource
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from hub.errors import RefusedError
from hub.passes import confined, listed, sheet


@pytest.fixture
def of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process finds the functions of this module, too."""
    root = str(Path(__file__).resolve().parents[3])
    program = f"import sys; sys.path.insert(0, {root!r}); from hub.passes.confined import main; main()"
    monkeypatch.setattr(confined, "COMMAND", (sys.executable, "-I", "-X", "utf8", "-c", program))


def workbook(sheet: bytes | None = None) -> bytes:
    """A workbook with a pass; or with these bytes as its sheet."""
    book, out = Workbook(), io.BytesIO()
    for row in (
        ["plate", "class", "from", "to"],
        ["鲁B12345", "resident", date(2026, 3, 1), datetime(2026, 3, 2, 8, 30)],
    ):
        book.active.append(row)
    book.save(out)
    if sheet is None:
        return out.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, sheet if name.endswith("sheet1.xml") else old.read(name))
    return changed.getvalue()


def bomb() -> bytes:
    row = b'<row r="1">' + b"<c><is><t>a</t></is></c>" * 1_500_000 + b"</row>"
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return workbook(b'<worksheet xmlns="' + space + b'"><sheetData>' + row + b"</sheetData></worksheet>")


def sleeps(data: bytes, name: str) -> bytes:
    time.sleep(60)
    return b""


def spins(data: bytes, name: str) -> bytes:
    while True:
        pass


def swallows(data: bytes, name: str) -> bytes:
    return b"x" * (2 * confined.MEMORY)


def floods(data: bytes, name: str) -> bytes:
    return b"x" * (2 * confined.RESULT)


def environment(data: bytes, name: str) -> bytes:
    import os

    return repr(
        (
            sorted(set(os.environ) - {"LC_CTYPE"}),
            str(Path.cwd()),
            resource.getrlimit(resource.RLIMIT_NPROC)[0],
        )
    ).encode()


def refuses(data: bytes, name: str) -> bytes:
    raise RefusedError("%(file)s: row %(row)s is wrong", file=name, row=7)


def test_a_list_comes_back_as_it_is() -> None:
    for data, name in ((workbook(), "list.xlsx"), ("plate,class\n鲁B1,resident\n".encode(), "a.csv")):
        assert listed.read(data, name) == sheet.read(data, name)


@pytest.mark.usefixtures("of_tests")
def test_a_refusal_comes_back_with_its_words() -> None:
    with pytest.raises(RefusedError) as refused:
        confined.run(refuses, b"", "名单.xlsx")
    assert refused.value.words.values == {"file": "名单.xlsx", "row": 7}
    with pytest.raises(RefusedError, match=r"broken.xlsx: not an .xlsx workbook"):
        listed.read(b"PK\x03\x04 nothing", "broken.xlsx")


@pytest.mark.usefixtures("of_tests")
@pytest.mark.parametrize("function", [swallows, floods])
def test_what_takes_too_much_is_refused_in_one_line(function: Callable[[bytes, str], bytes]) -> None:
    with pytest.raises(RefusedError, match="takes more time or memory than a list may"):
        confined.run(function, b"", "list.xlsx")


@pytest.mark.usefixtures("of_tests")
@pytest.mark.parametrize("function", [sleeps, spins])
def test_what_takes_too_long_is_ended(function: Callable[[bytes, str], bytes]) -> None:
    began = time.monotonic()
    with pytest.raises(RefusedError, match="takes more time"):
        confined.run(function, b"", "list.xlsx", wall=2)
    assert time.monotonic() - began < 15


def test_a_small_file_that_unpacks_to_much_costs_the_hub_nothing() -> None:
    """Faults C: an XLSX of 150 KB took 88 s and 1.5 GB."""
    data = bomb()
    assert len(data) < 200_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with suppress(RefusedError):
        listed.read(data, "bomb.xlsx")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 80 * 1024, "KiB"


@pytest.mark.usefixtures("of_tests")
def test_the_process_has_no_environment_and_starts_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAKOU_HUB_DATA", "/secret")
    assert confined.run(environment, b"", "x") == b"([], '/', 0)"
