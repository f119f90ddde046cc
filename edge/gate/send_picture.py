"""What a gate does by itself when the hub asks for it: it sends the picture of a visit.

The answer `done` comes when the broker has the picture, so that a link that breaks in the middle costs nothing: the picture
waits for the next connection, and a gate that ends before that says `failed` at its next start.
"""

import threading
from collections.abc import Callable, Iterable

from edge.contract.commands import Command
from edge.contract.facts import Fact, VisitOpened
from edge.contract.messages import MAX_PICTURE, Picture
from edge.lane.events import CommandDone

Send = Callable[[Picture, Callable[[], None]], bool]
"""Puts a picture in line for the hub and calls back when the broker has it; False: the line is full."""


def picture_of(bodies: Iterable[Fact]) -> str | None:
    """The SHA-256 of the picture that a visit's records name; None: no picture was taken, or no such visit is known here."""
    return next((body.picture for body in bodies if isinstance(body, VisitOpened)), None)


class SendPicture:
    """The errand of a command `picture`.

    `visit(id)` gives the bodies of a visit's records, `find(hash)` the picture if it is still there, `now()` wall time as records
    spell it.
    """

    def __init__(
        self,
        *,
        visit: Callable[[str], Iterable[Fact]],
        find: Callable[[str], bytes | None],
        send: Send,
        post: Callable[[CommandDone], None],
        now: Callable[[], str],
    ) -> None:
        self._visit = visit
        self._find = find
        self._send = send
        self._post = post
        self._now = now

    def __call__(self, command: Command) -> None:
        """Begins, and returns at once: the disk is asked on a thread of its own."""
        threading.Thread(target=self.run, args=(command,), name="errand", daemon=True).start()

    def run(self, command: Command) -> None:
        """Does it, wholly, on the caller's thread."""
        try:
            why = self._attempt(command)
        except Exception as error:  # whatever it was, the hub hears that it failed
            why = type(error).__name__
        if why is not None:
            self._post(CommandDone(command.id, failed=True, detail=why))

    def _attempt(self, command: Command) -> str | None:
        """Puts the picture in line; else why not."""
        wanted = picture_of(self._visit(command.visit)) if command.visit else None
        if wanted is None:
            return "no picture was taken of this visit here"
        data = self._find(wanted)
        if data is not None and len(data) > MAX_PICTURE:
            return f"the picture is larger than {MAX_PICTURE} bytes"
        # that it is gone is an answer too: the page at the hub says so
        message = Picture.model_construct(hash=wanted, jpeg=data, at=self._now())
        if not self._send(message, lambda: self._post(CommandDone(command.id))):
            return "too many pictures wait for the link"
        return None
