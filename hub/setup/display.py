"""What a town's pages speak at first, and its time zone: two lines of hub.toml, changed in place; everything else there stays.

Tested in `tests/hub/setup/test_steps.py`.
"""

import re
import tomllib

from hub import generated_files
from hub.errors import RefusedError
from hub.town import settings as town_settings
from hub.town.settings import Settings


def write_display(settings: Settings, *, language: str, timezone: str) -> Settings:
    """Writes both into hub.toml; gives the settings as they are then. `RefusedError` where it can't be, and the file stays as it was."""
    file = settings.folder / town_settings.FILE
    new = {"timezone": timezone, "language": language}
    try:
        text = file.read_text(encoding="utf-8")
        changed = _changed(text, new)
        found = Settings.of(tomllib.loads(changed), settings.folder)
        if (found.language, found.timezone) != (language, timezone):
            raise RefusedError("hub.toml: its lines timezone and language cannot be found; change them by hand")
        generated_files.put(file, changed.encode(), 0o600)
    except OSError as error:
        raise RefusedError("hub.toml cannot be written: %(why)s", why=str(error.strerror)) from None
    return found


def _changed(text: str, new: dict[str, str]) -> str:
    # keys of the town itself stand above the first section
    head, between, rest = (
        re.split(r"(^\[)", text, maxsplit=1, flags=re.M) if re.search(r"^\[", text, re.M) else (text, "", "")
    )
    for key, value in new.items():
        line = f'{key} = "{value}"'
        head, times = re.subn(rf'^{key}\s*=\s*"[^"]*"', lambda _found, line=line: line, head, flags=re.M)
        if not times:
            head = f"{head.rstrip()}\n{line}\n\n"
    return head + between + rest
