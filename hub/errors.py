"""The hub's errors, each one line: printed by the command line as written, shown on a page in the reader's language.

Tested in `tests/hub/web/test_refusals.py`.
"""


class HubError(ValueError):
    """An error of the hub; its text is one line that says what is wrong, where, and what was expected. No page shows it."""


class Words:
    """A line for people: in English, with `%(name)s` where its values go; a page says it with `hub.console.display.worded`.

    What a value is, its name says, as in the audit: a `gate`, an `at`, a `user`. It is a text, a number, several texts, or words.
    """

    __slots__ = ("text", "values")

    def __init__(self, text: str, /, **values: "Value"):
        self.text, self.values = text, values

    def __str__(self) -> str:
        return self.text % {
            name: ", ".join(value) if isinstance(value, tuple) else value for name, value in self.values.items()
        }


Value = str | int | tuple[str, ...] | Words


class RefusedError(HubError):
    """An error that a page may show to the user: its words are translated."""

    def __init__(self, text: str, /, **values: Value):
        self.words = Words(text, **values)
        super().__init__(str(self.words))
