"""The content of a backup: a tar of plain files, written and read as a stream, one header at a time.

`tarfile` reads an archive's extended headers into memory whatever their size, and makes links and devices. Here a member is
a regular file with a known name and a bounded size, or the archive is none of ours.

Tested in `tests/hub/backup/test_hostile.py`.
"""

import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from hub.errors import HubError

BLOCK = tarfile.BLOCKSIZE
PIECE = 1 << 20
LONGEST_EXTENSION = 64 * 1024
MOST_MEMBERS = 4000


@dataclass(frozen=True, slots=True)
class Member:
    """A file to put into an archive: its bytes are asked for when it is its turn."""

    name: str
    size: int
    chunks: Callable[[], Iterable[bytes]]


def written(members: Iterable[Member]) -> Iterator[bytes]:
    """The bytes of an archive of these files; `HubError` if one has another size than it says."""
    for member in members:
        header = tarfile.TarInfo(member.name)
        header.size, header.mode = member.size, 0o600
        yield header.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict")
        size = 0
        for chunk in member.chunks():
            size += len(chunk)
            yield chunk
        if size != member.size:
            raise HubError(f"backup: {member.name} changed while it was read")
        yield b"\0" * (-size % BLOCK)
    yield b"\0" * (2 * BLOCK)


class ArchiveReader:
    """Takes the files out of an archive in their order: `next` the name and size, then `pieces` its bytes."""

    def __init__(self, source: BinaryIO):
        self._source = source
        self._members = 0
        self._left = 0

    def next(self) -> tuple[str, int] | None:
        """The name and size of the next file, None at the end; `HubError` for anything but a regular file."""
        assert self._left == 0, "the file before was not read"
        size_said = None
        while True:
            header = self._header()
            if header is None:
                return None
            if header.type not in (tarfile.XHDTYPE, tarfile.REGTYPE, tarfile.AREGTYPE):
                raise HubError(f"not a backup of a hub: {header.name!r} in it is no regular file")
            size = header.size
            if header.type != tarfile.XHDTYPE:
                if size_said is not None:
                    size = size_said
                self._left = size
                return header.name, size
            # times to a fraction of a second, which older versions wrote: only the size of a large file means something
            if size > LONGEST_EXTENSION:
                raise HubError("not a backup of a hub: a header in it is too long")
            self._left = size
            said = re.search(rb"(?:^|\n)\d+ size=(\d{1,18})\n", b"".join(self.pieces()))
            size_said = None if said is None else int(said[1])

    def pieces(self) -> Iterator[bytes]:
        """The bytes of the file that `next` named."""
        padding = -self._left % BLOCK
        while self._left:
            piece = self._take(min(self._left, PIECE))
            self._left -= len(piece)
            yield piece
        self._take(padding)

    def finish(self) -> None:
        """Reads what stands behind the last file: zeros and nothing else, at most a tape's record of them."""
        rest = self._source.read(2 * tarfile.RECORDSIZE)
        if rest.strip(b"\0") or len(rest) >= 2 * tarfile.RECORDSIZE:
            raise HubError("not a backup of a hub: it goes on behind its end")

    def _header(self) -> tarfile.TarInfo | None:
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise HubError(f"not a backup of a hub: more than {MOST_MEMBERS} files are in it")
        block = self._take(BLOCK)
        if not block.strip(b"\0"):
            return None
        try:
            header = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError) as error:
            raise HubError(f"not a backup of a hub: {error}") from None
        if header.size < 0:
            raise HubError("not a backup of a hub: a file in it has no size")
        return header

    def _take(self, size: int) -> bytes:
        data = self._source.read(size)
        if len(data) != size:
            raise HubError("not a backup of a hub: it is cut off")
        return data
