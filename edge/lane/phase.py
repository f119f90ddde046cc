"""What a lane is doing with its vehicle, where its arm is, and the one word for both that a screen shows."""

from enum import StrEnum


class Phase(StrEnum):
    """What the lane is doing with the vehicle whose turn it is. The arm has a life of its own: see `Arm`."""

    WAITING = "waiting"
    """Nobody is here."""
    CHECKING = "checking"
    """A vehicle is here and nothing was judged yet."""
    ASKING = "asking"
    """An officer must look."""
    REFUSED = "refused"
    """The vehicle must turn back or be registered by hand."""
    DISINFECTING = "disinfecting"
    """The vehicle owes a disinfection: it must stand first; then the sprayer is on, or the officer's word is waited for."""
    CONTACT = "contact"
    """The vehicle was sprayed, and the solution must act for its time; sprayer off."""
    NEXT = "next"
    """The vehicle has its word, and waits until the one before it has left."""
    OPENING = "opening"
    """The vehicle was let through, and the arm is not known to be up."""
    OPEN = "open"
    """The arm is up for the vehicle, which does not drive yet."""
    DRIVING = "driving"
    """The vehicle drives, from under the arm until it is through."""
    RECALLED = "recalled"
    """Turned back after it had been let through, or came back with no word."""
    HELD = "held"
    """An officer keeps the vehicle here until somebody decides."""


class Arm(StrEnum):
    """Where the barrier's arm is, as far as anybody knows, and what is done with it."""

    LYING = "lying"
    """Down."""
    RISING = "rising"
    """Told to go up, and not known to be up."""
    UP = "up"
    """Up, held by its relay."""
    HOLDING = "holding"
    """Wanted down, and held up: somebody is under it, or was a moment ago."""
    FALLING = "falling"
    """Told to come down, and not known to be down."""
    STUCK = "stuck"
    """It did not do what it was told to: it is moved by key until it does."""
    KEYED = "keyed"
    """Not down although nobody told it to go up: it is moved by key."""


class Shown(StrEnum):
    """The one word for a lane that a screen, the health message and the hub show: the phase, or the arm where that matters more."""

    WAITING = "waiting"
    CHECKING = "checking"
    ASKING = "asking"
    REFUSED = "refused"
    DISINFECTING = "disinfecting"
    CONTACT = "contact"
    NEXT = "next"
    OPENING = "opening"
    OPEN = "open"
    DRIVING = "driving"
    RECALLED = "recalled"
    HELD = "held"
    CLOSING = "closing"
    """Nobody is judged, and the arm is not down yet."""
    LEFT_OPEN = "left_open"
    """The gate started and the policy wants the arm up in a fault: it stays up until an officer or a decision takes over."""
    FAULT = "fault"
    """The arm is stuck."""
