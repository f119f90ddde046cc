"""Translates the faults of operation.toml into the language of the request: the line is found by its shape, as in `hub.console.wording`.

The line has two parts: where (a key, or a line of the file), and why. Why is pydantic's or our own; what has no words here is shown as
it is, so that nothing is kept from who has to mend the file.

Tested in `tests/hub/town/test_rules_broken.py`.
"""

import re
from typing import Any

from flask_babel import lazy_gettext

_ = lazy_gettext
Shapes = tuple[tuple[re.Pattern[str], Any], ...]

_FILE = r"(?P<file>.*operation\.toml)"
_PLACES: Shapes = (
    (
        re.compile(rf"{_FILE}: not TOML: (?P<why>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)"),
        _("%(file)s, line %(line)s, column %(column)s: not TOML (%(why)s)"),
    ),
    (
        re.compile(rf"{_FILE}: not TOML: (?P<why>.*) \(at end of document\)"),
        _("%(file)s, at its end: not TOML (%(why)s)"),
    ),
    (re.compile(rf"{_FILE}: not TOML: (?P<why>.*)"), _("%(file)s: not TOML (%(why)s)")),
    (re.compile(rf"{_FILE}: not UTF-8, in line (?P<line>\d+)"), _("%(file)s, line %(line)s: not UTF-8")),
    (re.compile(rf"{_FILE}: not found"), _("%(file)s: there is no such file")),
    (
        re.compile(rf"{_FILE}: a folder, or something else that is no file, stands there"),
        _("%(file)s: a folder, or something else that is no file, stands there"),
    ),
    (re.compile(rf"{_FILE}: expected (?P<most>\d+) bytes at most"), _("%(file)s: expected %(most)s bytes at most")),
    (re.compile(rf"{_FILE}: (?P<key>[\w.-]+): unknown key"), _("%(file)s, key %(key)s: there is no such key")),
    (re.compile(rf"{_FILE}: (?P<key>[\w.-]+): missing"), _("%(file)s, key %(key)s: it is missing")),
    (
        re.compile(rf"{_FILE}: (?P<key>[\w.-]+): (?P<why>.*), found (?P<found>.*)"),
        _("%(file)s, key %(key)s: %(why)s, found %(found)s"),
    ),
    (re.compile(rf"{_FILE}: file: (?P<why>.*)"), _("%(file)s: %(why)s")),
    (re.compile(rf"{_FILE}: (?P<key>[\w.-]+): (?P<why>.*)"), _("%(file)s, key %(key)s: %(why)s")),
)
_REASONS: Shapes = (
    (re.compile(r"input should be greater than or equal to (?P<most>.+)"), _("expected %(most)s or more")),
    (re.compile(r"input should be less than or equal to (?P<most>.+)"), _("expected %(most)s or less")),
    (re.compile(r"input should be greater than (?P<most>.+)"), _("expected more than %(most)s")),
    (re.compile(r"input should be less than (?P<most>.+)"), _("expected less than %(most)s")),
    (re.compile(r"input should be a valid (number|integer)"), _("expected a number")),
    (re.compile(r"input should be a valid string"), _("expected a text in quotes")),
    (re.compile(r"input should be a valid boolean"), _("expected true or false")),
    (re.compile(r"input should be a valid (tuple|list|dictionary)"), _("expected a list, or a table")),
    (re.compile(r"input should be (?P<values>'.*)"), _("expected one of %(values)s")),
    (re.compile(r"string should match pattern (?P<shape>.*)"), _("expected a text of the shape %(shape)s")),
    (re.compile(r"(string|value) should have at least (?P<most>\d+)"), _("expected %(most)s characters or more")),
    (re.compile(r"(string|value) should have at most (?P<most>\d+)"), _("expected %(most)s characters or less")),
    (re.compile(r"tuple should have at least (?P<most>\d+)"), _("expected %(most)s of them or more")),
    (re.compile(r"tuple should have at most (?P<most>\d+)"), _("expected %(most)s of them or less")),
    (
        re.compile(r"expected a time of the calendar with its offset, as (?P<example>\S+)"),
        _("expected a time of the calendar with its offset, as %(example)s"),
    ),
    (re.compile(r"(?P<what>.+) (?P<name>\S+) occurs twice"), _("%(what)s %(name)s occurs twice")),
    (
        re.compile(r"ends (?P<end>\S+): expected a time after starts, (?P<start>\S+)"),
        _("ends %(end)s: expected a time after starts, %(start)s"),
    ),
    (
        re.compile(r"travel: expected two different gates, found (?P<gate>\S+) twice"),
        _("travel: expected two different gates, found %(gate)s twice"),
    ),
    (re.compile(r"asked: no such field (?P<name>.+)"), _("asked: there is no field %(name)s")),
    (
        re.compile(
            r"class (?P<name>\S+): default_days (?P<days>\S+): expected at most most_days, (?P<most>[^\s,]+)(, found .*)?"
        ),
        _("class %(name)s: default_days %(days)s: expected at most most_days, %(most)s"),
    ),
    (
        re.compile(r"class (?P<name>\S+): gates: expected at least one"),
        _("class %(name)s: gates: expected at least one (left out: every gate)"),
    ),
)


def rule_words(line: str) -> str | None:
    """A line about operation.toml, translated; None if it is about something else."""
    for shape, words in _PLACES:
        if found := shape.fullmatch(line):
            groups = found.groupdict()
            if "why" in groups:
                groups["why"] = _reason(groups["why"])
            return str(words % groups)
    return None


def _reason(why: str) -> str:
    for shape, words in _REASONS:
        if found := shape.match(why):
            return str(words % found.groupdict())
    return why
