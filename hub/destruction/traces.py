"""What the hub keeps in files beside its database: logs, exports, what was set aside, the broker's store, backups.

    log/            lines that hold a plate, a name or a phone number are taken out of the files as they stand
    exports/        every file
    set aside       `*.broken-*`, `*.damaged`, `*.new`, copies that a killed backup left, an interrupted rekey's or restore's leavings
    broker/data/    what an older version's broker kept; ours keeps nothing on the disk
    backups         those made before the destruction, in the folder of backups

Tested in `tests/hub/destruction/test_traces.py`.
"""

from collections.abc import Iterator
from pathlib import Path

from edge.contract.wipe import empty, wipe_all
from hub.backup.names import every_scheduled
from hub.broker import store
from hub.destruction.values import Values
from hub.town.settings import Settings

LEFT = ("*.broken-*", "*.damaged", "*.damaged.again", "*.new", "copy-*", ".backup-*", "*.part")
"""Names of what was set aside, or left by a program that was killed."""
BESIDE = ("-journal",)


def clean_logs(settings: Settings, values: Values) -> dict[str, int]:
    """Takes lines that hold one of the values out of the logs; a log is written to on, and goes on."""
    lines = files = 0
    for path in sorted(settings.log.glob("*")) if settings.log.is_dir() else ():
        if path.is_symlink() or not path.is_file():
            continue
        text = path.read_bytes()
        kept = [
            each for each in text.splitlines(keepends=True) if not values.stands_in(each.decode("utf-8", "replace"))
        ]
        gone = len(text.splitlines()) - len(kept)
        if gone:
            empty(path, b"".join(kept))
            lines, files = lines + gone, files + 1
    return {"lines": lines, "files": files}


def clean_files(settings: Settings) -> dict[str, int]:
    """Destroys exports, lists on their way into registers, and whatever was set aside."""
    exports, imports = (list(each.glob("*")) if each.is_dir() else [] for each in (settings.exports, settings.imports))
    return {
        "exports": wipe_all(exports),
        "imports": wipe_all(imports),
        "set_aside": wipe_all(sorted(set(_left(settings)))),
    }


def _left(settings: Settings) -> Iterator[Path]:
    folders = [settings.folder, settings.run, settings.log, settings.keys, settings.folder / "broker"]
    folders.append(settings.folder / settings.backup.folder)
    for folder in folders:
        for pattern in LEFT:
            yield from folder.glob(pattern)


def clean_broker(settings: Settings) -> dict[str, int]:
    """Destroys what an older version's broker kept; one that is somebody else's is named as out of reach."""
    return {"elsewhere": 1} if not settings.broker.run else {"destroyed": store.forget(settings.folder)}


def old_backups(settings: Settings, but: str | None) -> list[Path]:
    """The backups in their folder, without the one just made."""
    folder = settings.folder / settings.backup.folder
    return [each for each in every_scheduled(folder, settings.town) if each.name != but]


def destroy_backups(settings: Settings, but: str | None) -> dict[str, int]:
    """Destroys the backups that were made before."""
    return {"files": wipe_all(old_backups(settings, but))}
