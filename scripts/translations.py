"""The words of the hub's web view: read from code and templates into hub/translations/<language>/LC_MESSAGES/messages.po.

`python -m scripts.translations update` adds new messages and compiles; `check` says in a line each what is missing,
untranslated, superfluous or not compiled. English is its own translation; Chinese is written by hand into the .po.
"""

import argparse
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HUB = Path(__file__).resolve().parents[1] / "hub"
FOLDER = HUB / "translations"
LANGUAGES = ("en", "zh")
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None}


class _Bare(Catalog):
    # dates and tool versions in the header would make other bytes each time
    mime_headers = property(lambda self: [("Content-Type", "text/plain; charset=utf-8")])


def messages() -> list[str]:
    """Every text that code and templates ask for, in the order in which they do."""
    found = extract_from_dir(HUB, METHODS, keywords=KEYWORDS)
    return list(dict.fromkeys(str(message) for _file, _line, message, _comments, _context in found))


def po(language: str) -> Path:
    """The file of a language's translations."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> dict[str, str]:
    """What a language's file says."""
    if not po(language).exists():
        return {}
    with po(language).open("rb") as file:
        return {str(each.id): str(each.string) for each in read_po(file, locale=language) if each.id}


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
    wanted = messages()
    for language in LANGUAGES:
        text, compiled = written(language, wanted, read(language))
        po(language).parent.mkdir(parents=True, exist_ok=True)
        po(language).write_bytes(text)
        po(language).with_suffix(".mo").write_bytes(compiled)


def check() -> Iterator[str]:
    """A line for each fault."""
    wanted = messages()
    for language in LANGUAGES:
        known = read(language)
        yield from (f"{po(language)}: not translated: {text!r}" for text in wanted if not known.get(text))
        yield from (f"{po(language)}: nobody asks for {text!r}" for text in known if text not in wanted)
        mo = po(language).with_suffix(".mo")
        if not mo.exists() or mo.read_bytes() != written(language, wanted, known)[1]:
            yield f"{mo}: not compiled from the .po (python -m scripts.translations update)"


def main(arguments: list[str] | None = None) -> int:
    """Updates or checks; exit 1 with a line per fault."""
    parser = argparse.ArgumentParser(prog="translations", description="the words of the hub's web view")
    parser.add_argument("what", choices=("update", "check"))
    if parser.parse_args(arguments).what == "update":
        update()
    faults = list(check())
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
