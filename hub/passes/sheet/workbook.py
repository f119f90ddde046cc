"""An .xlsx workbook (ECMA-376) -> the rows of its visible active sheet; the other sheets with something in them are named.

openpyxl gives either rows without merged and hidden ones, or a whole workbook in memory: the parts are read here as streams, with caps.
"""

import io
import posixpath
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime

from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from hub.errors import RefusedError
from hub.passes.sheet import worksheet
from hub.passes.sheet.shared import read_strings, read_styles, read_theme
from hub.passes.sheet.table import MOST_ROWS, MOST_UNPACKED, OtherSheet, Table
from hub.passes.sheet.worksheet import Workbook
from hub.passes.sheet.xml_parts import walk

MOST_PARTS = 2_000
MOST_SHEETS = 255
_ON = ("1", "true", "on")


@dataclass(slots=True)
class Sheet:
    """A sheet as the workbook lists it: its part's path, and whether it is hidden."""

    name: str
    path: str
    hidden: bool


def read_workbook(data: bytes, name: str, most_rows: int = MOST_ROWS) -> Table:
    """The table in a workbook; `RefusedError` for a damaged one, another kind of archive, or one that unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = _parts(archive, name)
            return _read(archive, parts, name, most_rows)
    except RefusedError:
        raise
    except (ValueError, KeyError, IndexError, EOFError, OSError, zipfile.BadZipFile, zlib.error, RuntimeError,
            NotImplementedError, OverflowError) as error:  # fmt: skip
        # ZIP's and XML's errors and those of values that are not what they should be: all mean one thing here
        raise RefusedError(
            "%(file)s: not an .xlsx workbook that can be read (%(why)s)", file=name, why=type(error).__name__
        ) from None


def _parts(archive: zipfile.ZipFile, name: str) -> frozenset[str]:
    """The names of the parts, if they are those of a workbook without macros and of a size that is taken."""
    infos = archive.infolist()
    # zipfile unpacks no more of a part than it declares
    unpacked = sum(part.file_size for part in infos)
    if unpacked > MOST_UNPACKED or len(infos) > MOST_PARTS:
        raise RefusedError(
            "%(file)s: %(count)s bytes unpacked, at most %(most)s MB are taken",
            file=name,
            count=unpacked,
            most=MOST_UNPACKED // 1024 // 1024,
        )
    if any(part.flag_bits & 1 for part in infos):
        raise RefusedError("%(file)s: locked with a password; save it without one", file=name)
    names = frozenset(part.filename for part in infos)
    if len(names) < len(infos):
        raise ValueError("two parts of one name")
    _refuse_other_archives(archive, names, name)
    return names


def _refuse_other_archives(archive: zipfile.ZipFile, names: frozenset[str], name: str) -> None:
    low = {each.lower() for each in names}
    if any(each.endswith("vbaproject.bin") or "/macrosheets/" in each for each in low):
        raise RefusedError("%(file)s: a workbook with macros; save it as .xlsx without macros", file=name)
    if any(each.endswith("workbook.bin") for each in low):
        raise RefusedError("%(file)s: a binary workbook (.xlsb); save it as .xlsx", file=name)
    if any(each.endswith(".iwa") or each == "index.zip" for each in low):
        raise RefusedError("%(file)s: a Numbers document; export it as .xlsx or CSV", file=name)
    if "mimetype" in names:
        raise RefusedError("%(file)s: an OpenDocument file (.ods); save it as .xlsx or as CSV in UTF-8", file=name)
    if "[Content_Types].xml" not in names:
        if any(each.endswith((".csv", ".txt", ".xlsx", ".xls", ".tsv")) for each in low):
            raise RefusedError("%(file)s: a packed archive; unpack it and choose the list in it", file=name)
        raise RefusedError("%(file)s: an archive that is no .xlsx workbook", file=name)
    if any(each.startswith(("word/", "ppt/", "visio/")) for each in low):
        raise RefusedError("%(file)s: no list but another kind of file; save the list as .xlsx or CSV", file=name)


def _read(archive: zipfile.ZipFile, parts: frozenset[str], name: str, most_rows: int) -> Table:
    at = _main_part(archive)
    relations = _relations(archive, parts, at)
    sheets, active, epoch = _sheets(archive, at, relations)
    shown = [sheet for sheet in sheets if not sheet.hidden]
    if not shown:
        raise RefusedError("%(file)s: no visible sheet with cells", file=name)
    chosen = active if active is not None and not active.hidden else shown[0]
    book = Workbook(name, epoch=epoch)
    # texts and styles name colours of the theme
    for kind, read in (("theme", read_theme), ("sharedStrings", read_strings), ("styles", read_styles)):
        for target in (path for each, path in relations.values() if each == kind and path in parts):
            with archive.open(target) as stream:
                read(stream, book)
    with archive.open(chosen.path) as stream:
        found = worksheet.read(stream, book, name, most_rows)
    others = tuple(
        OtherSheet(sheet.name, sheet.hidden)
        for sheet in sheets
        if sheet is not chosen and sheet.path in parts and _holds_cells(archive, sheet)
    )
    return Table(
        rows=found.rows,
        sheet=chosen.name,
        hidden_rows=found.hidden_rows,
        hidden_columns=found.hidden_columns,
        hiding=found.hiding,
        other_sheets=others,
    )


def _holds_cells(archive: zipfile.ZipFile, sheet: Sheet) -> bool:
    with archive.open(sheet.path) as stream:
        return worksheet.holds_cells(stream)


def _main_part(archive: zipfile.ZipFile) -> str:
    for kind, target in _relations(archive, frozenset({"_rels/.rels"}), "").values():
        if kind == "officeDocument":
            return target
    raise ValueError("no workbook")


def _relations(archive: zipfile.ZipFile, parts: frozenset[str], part: str) -> dict[str, tuple[str, str]]:
    """Kind and path of everything that a part refers to inside the archive, by id."""
    folder, _, base = part.rpartition("/")
    file = f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"
    found: dict[str, tuple[str, str]] = {}
    if file not in parts:
        return found

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes["Target"]
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[attributes["Id"]] = (attributes["Type"].rpartition("/")[2], path)

    with archive.open(file) as stream:
        walk(stream, start)
    return found


def _sheets(
    archive: zipfile.ZipFile, part: str, relations: dict[str, tuple[str, str]]
) -> tuple[list[Sheet], Sheet | None, datetime]:
    """The sheets with cells in their order, the active one, and the day that dates count from."""
    listed: list[Sheet | None] = []
    active, epoch = -1, WINDOWS_EPOCH

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal active, epoch
        if tag == "workbookPr" and attributes.get("date1904", "").lower() in _ON:
            epoch = MAC_EPOCH
        elif tag == "workbookView" and active < 0:
            active = int(attributes.get("activeTab", "0"))
        elif tag == "sheet" and len(listed) < MOST_SHEETS:
            id_ = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            kind, path = relations.get(id_, ("", ""))
            hidden = attributes.get("state", "visible") != "visible"
            # a chart may be a sheet too
            listed.append(Sheet(attributes.get("name", ""), path, hidden) if kind == "worksheet" else None)

    with archive.open(part) as stream:
        walk(stream, start)
    active = max(active, 0)
    chosen = listed[active] if active < len(listed) else None
    return [sheet for sheet in listed if sheet is not None], chosen, epoch
