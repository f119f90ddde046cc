"""A contact that bounces, made one that does not: a level counts once it has stood for a while. Pure; times are seconds."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Settle:
    """Seconds that a level must stand before it counts: `on`, and `off`, which may take longer."""

    on: float
    off: float

    def of(self, level: bool) -> float:
        """The seconds for this level."""
        return self.on if level else self.off


@dataclass(frozen=True, slots=True)
class Contact:
    """`on`: the level that counts; `level`: the one that the wire has, `since` when."""

    on: bool
    level: bool
    since: float = 0.0


def changed(contact: Contact, level: bool, at: float) -> Contact:
    """The wire changed its level."""
    return contact if level is contact.level else replace(contact, level=level, since=at)


def due(contact: Contact, settle: Settle) -> float | None:
    """The time at which the wire's level will count; None: it already counts."""
    return None if contact.level is contact.on else contact.since + settle.of(contact.level)


def settled(contact: Contact, settle: Settle, at: float) -> Contact:
    """The contact with the level that counts at `at`."""
    when = due(contact, settle)
    return contact if when is None or at < when else replace(contact, on=contact.level)
