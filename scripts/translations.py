"""The words of the hub's web view and of the gate's screen, read from code and templates into their translations' folders.

`python -m scripts.translations update` adds new messages and compiles; `check` says in a line each what is missing,
untranslated, superfluous or not compiled. English is its own translation; Chinese is written by hand into the .po.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "Words": None, "RefusedError": None}


@dataclass(frozen=True, slots=True)
class Pages:
    """A folder with code, templates and translations, and the languages that have a file there."""

    folder: Path
    languages: tuple[str, ...]

    def po(self, language: str) -> Path:
        """The file of a language's translations."""
        return self.folder / "translations" / language / "LC_MESSAGES" / "messages.po"

    def messages(self) -> list[str]:
        """Every text that code and templates ask for, in the order in which they do."""
        found = extract_from_dir(self.folder, METHODS, keywords=KEYWORDS)
        return list(dict.fromkeys(str(message) for _file, _line, message, _comments, _context in found))


HUB = Pages(ROOT / "hub", ("en", "zh"))
KIOSK = Pages(ROOT / "edge" / "kiosk", ("zh",))
ALL = (HUB, KIOSK)


class _Bare(Catalog):
    # dates and tool versions in the header would make other bytes each time
    mime_headers = property(lambda self: [("Content-Type", "text/plain; charset=utf-8")])


def read(file: Path, language: str) -> dict[str, str]:
    """What a language's file says."""
    if not file.exists():
        return {}
    with file.open("rb") as text:
        return {str(each.id): str(each.string) for each in read_po(text, locale=language) if each.id}


def written(language: str, wanted: list[str], known: dict[str, str]) -> tuple[bytes, bytes]:
    """The .po and the .mo of a language for these messages; the same input gives the same bytes."""
    catalog = _Bare(locale=language, header_comment="", fuzzy=False)
    for message in wanted:
        catalog.add(message, message if language == "en" else known.get(message, ""))
    text, compiled = BytesIO(), BytesIO()
    write_po(text, catalog, omit_header=True, width=0)
    write_mo(compiled, catalog)
    return b'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n' + text.getvalue(), compiled.getvalue()


def update() -> None:
    """Writes both files of each language anew; what was translated stays."""
    for pages in ALL:
        wanted = pages.messages()
        for language in pages.languages:
            file = pages.po(language)
            text, compiled = written(language, wanted, read(file, language))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text)
            file.with_suffix(".mo").write_bytes(compiled)


def check() -> Iterator[str]:
    """A line for each fault."""
    for pages in ALL:
        wanted = pages.messages()
        for language in pages.languages:
            file = pages.po(language)
            known = read(file, language)
            yield from (f"{file}: not translated: {text!r}" for text in wanted if not known.get(text))
            yield from (f"{file}: nobody asks for {text!r}" for text in known if text not in wanted)
            mo = file.with_suffix(".mo")
            if not mo.exists() or mo.read_bytes() != written(language, wanted, known)[1]:
                yield f"{mo}: not compiled from the .po (python -m scripts.translations update)"


def main(arguments: list[str] | None = None) -> int:
    """Updates or checks; exit 1 with a line per fault."""
    parser = argparse.ArgumentParser(prog="translations", description="the words of web view and screen")
    parser.add_argument("what", choices=("update", "check"))
    if parser.parse_args(arguments).what == "update":
        update()
    faults = list(check())
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
