"""Prints every file that README.md links to, and those that these link to: `python scripts/linked.py`, one path a line.

The installers copy them beside the README in /opt/kakou, so that none of its links is dead there. Only the standard library:
it runs before anything is installed.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = re.compile(r"`[^`\n]*`")
"""Of code nothing is a link: a pattern may look like one."""
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)[^)]*\)")


def linked(page: Path) -> list[Path]:
    """The files to which the relative links of a page lead, from the page's own folder; of a folder every file in it."""
    found: list[Path] = []
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        path = (page.parent / target).resolve()
        found += sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    return found


def every_linked(first: Path) -> list[Path]:
    """The page itself, and what can be reached from it by links."""
    found, waiting = [first], [first]
    while waiting:
        for path in linked(waiting.pop()):
            if path not in found:
                found.append(path)
                waiting += [path] if path.suffix == ".md" else []
    return found


if __name__ == "__main__":
    for path in every_linked(ROOT / "README.md"):
        print(path.relative_to(ROOT))
