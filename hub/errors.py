"""The one exception that a command turns into one line on standard error."""


class HubError(ValueError):
    """What was asked can't be done; the text is one line that says what, where, and what was expected."""
