"""A gate under fire: its folder, its link, its journals, and how far the hub has what it keeps."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from edge.contract.messages import Bundle
from scripts.town.proxy import Proxy


@dataclass
class Gate:
    """One gate: its folder, its bundle, its link, and the journals that it had before this one.

    `broker`: the broker's port, if the gate goes to it past its proxy; `truth`: the file of the visits for which its barrier moved.
    """

    name: str
    folder: Path
    bundle: Bundle
    proxy: Proxy
    broker: int | None
    truth: Path
    archive: list[Path] = field(default_factory=list)
    copies: list[Path] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    @property
    def journal(self) -> Path:
        """Its journal now."""
        return self.folder / "journal.db"

    @property
    def port(self) -> int:
        """Where the gate finds the broker; a proxy has a port once it runs."""
        return self.proxy.port if self.broker is None else self.broker

    def command(self, folder: Path, options: Sequence[str]) -> list[str]:
        """What starts a process under this gate's name, in its folder or in a copy of it."""
        return [sys.executable, "-m", "scripts.faulting.gate", str(folder), str(self.port), str(self.truth), *options]

    def archive_journal(self, *, copy: bool = False) -> None:
        """Takes the card out, while the gate does not run; the next start makes a new journal. `copy`: the card is one of two alike."""
        place = self.folder.parent / f"{self.name}-card-{datetime.now(UTC):%H%M%S%f}.db"
        for suffix in ("", "-wal"):
            source = self.journal.with_name(self.journal.name + suffix)
            if source.exists():
                shutil.move(source, place.with_name(place.name + suffix))
        self.journal.with_name(self.journal.name + "-shm").unlink(missing_ok=True)
        (self.copies if copy else self.archive).append(place)


def looking(file: Path) -> closing[sqlite3.Connection]:
    """A look, in a `with`, into a database that somebody else writes."""
    return closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5))


def prunable(hub: Path, gate: Gate) -> int:
    """Records that a gate could remove if a backup of the hub as it is now were made: what the hub's database holds, less what is gone."""
    with looking(gate.journal) as journal:
        epoch, pruned = journal.execute("select epoch, pruned from meta").fetchone()
    return _committed(hub, gate, epoch) - int(pruned)


def backlog(hub: Path, gate: Gate) -> int:
    """Records that the gate does not know to be held, or that the hub, restored a moment ago, does not hold; -1: who knows."""
    try:
        with looking(gate.journal) as journal:
            epoch, head, acked = journal.execute("select epoch, head, acked from meta").fetchone()
        return int(head) - min(int(acked), _committed(hub, gate, epoch))
    except sqlite3.Error:
        return -1


def sent_ahead(hub: Path, gate: Gate) -> int:
    """Batches of a gate that the hub's database holds ahead of what is still to come."""
    with looking(hub) as ledger:
        (count,) = ledger.execute("select count(*) from ahead where gate = ?", [gate.name]).fetchone()
    return int(count)


def _committed(hub: Path, gate: Gate, epoch: str) -> int:
    with looking(hub) as ledger:
        of_journal = "select committed from cursors where gate = ? and epoch = ?"
        (committed,) = ledger.execute(of_journal, [gate.name, epoch]).fetchone() or (0,)
    return int(committed)


def lines(path: Path) -> list[str]:
    """The visits for which a gate says that its barrier moved."""
    if not path.exists():
        return []
    # the last line of a killed process may be torn: it was being written after its record was durable
    return [line for line in path.read_text(encoding="ascii", errors="replace").split("\n")[:-1] if len(line) == 32]
