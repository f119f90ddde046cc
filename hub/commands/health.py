"""`doctor`. Tested in `tests/hub/commands/test_doctor.py`."""

import argparse
import json
from zoneinfo import ZoneInfo

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from hub.commands.common import Commands, looking, now, said
from hub.health.checks import Result, examine, worst
from hub.health.finding import Finding, Look, State
from hub.town.town import Town

WORDS = {State.OK: "ok", State.LOOK: "LOOK", State.FAULT: "FAULT"}


def add_commands(commands: Commands) -> None:
    """Adds `doctor`."""
    doctor = commands.add_parser(
        "doctor",
        help="is everything in order",
        description="Looks at broker, listener, gates, disk, backups, certificates, clocks, queues: a table with what to do, "
        "also while the hub is down; 1 if anything is broken.",
    )
    doctor.add_argument("--json", action="store_true", help="for machines")
    doctor.set_defaults(run=_doctor)


def _doctor(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    zone, when = town.settings.zone, now()
    with looking(town) as connection:
        results = examine(Look(town, connection, when))
    state = worst([each for result in results for each in result.findings])
    if arguments.json:
        checks = [_as_json(result, zone) for result in results]
        print(json.dumps({"state": state.value, "at": wall_text(when), "checks": checks}, ensure_ascii=False, indent=1))
    else:
        for line in _lines(results, zone):
            print(line)
    return 1 if state is State.FAULT else 0


def _lines(results: list[Result], zone: ZoneInfo) -> list[str]:
    rows = [
        (WORDS[each.state], f"{result.check.title}{f' · {each.of}' if each.of else ''}", each)
        for result in results
        for each in result.findings
    ]
    width = max(len(what) for _state, what, _each in rows)
    found = []
    for state, what, each in rows:
        found.append(f"{state:<6}{what:<{width}}  {said(each.says, zone)}")
        if each.do is not None:
            found.append(f"{'':<6}{'':<{width}}  -> {said(each.do, zone)}")
    counts = [(word, sum(state == word for state, _what, _each in rows)) for word in WORDS.values()]
    return [*found, ", ".join(f"{count} {word}" for word, count in counts)]


def _as_json(result: Result, zone: ZoneInfo) -> dict[str, Json]:
    return {
        "check": result.check.name,
        "title": str(result.check.title),
        "state": result.state.value,
        "findings": [_finding(each, zone) for each in result.findings],
    }


def _finding(each: Finding, zone: ZoneInfo) -> dict[str, Json]:
    return {
        "of": each.of,
        "state": each.state.value,
        "says": said(each.says, zone),
        "do": None if each.do is None else said(each.do, zone),
        "at": each.at,
        "measures": dict(each.measures),
    }
