"""The rooms of the house: which folder may import which, drawn for people and held by a test.

    python -m scripts.house         writes edge/README.md and hub/README.md anew
    python -m scripts.house check   one line for each that is not what would be written

A room is a folder of `edge/` or `hub/`, or a single module that stands beside them. The pages of a subject (`hub.orders.views`) are a
room of their own above it, so that no subject can import another's pages. A room imports its own modules, what `ROOMS` names for it,
and `GROUND`. `tests/test_architecture.py` walks every import.
"""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = "edge.contract"
GROUND = (CONTRACT, "edge.log", "hub.errors", "hub.log")
"""What every room may import, of its own side; the hub imports `edge.contract` of the gate and nothing else."""

STEPS = "hub.database.migrations"

ROOMS: dict[str, tuple[str, ...]] = {
    room: tuple(f"{room.partition('.')[0]}.{name}" for name in names.split())
    for room, names in {
        # the gate, from its doors down
        "edge.cli": "camera clock commands config decision hardware journal keys kiosk lists scanner unit",
        "edge.unit": "camera clock config gate hardware journal keys kiosk lane link lists scanner simulation",
        "edge.commands": "camera clock config decision hardware journal keys link lists scanner",
        "edge.kiosk": "camera gate lane scanner",
        "edge.gate": "config decision journal lane",
        "edge.hardware": "clock config lane",
        "edge.link": "clock lane",
        "edge.journal": "clock",
        "edge.lane": "decision",
        "edge.lists": "config decision keys",
        "edge.scanner": "camera",
        "edge.simulation": "camera",
        "edge.camera": "",
        "edge.clock": "",
        "edge.config": "",
        "edge.decision": "",
        "edge.keys": "",
        # the hub, from its doors down
        "hub.cli": "commands town",
        "hub.commands": "accounts alerts backup conflicts console database destruction downlink enrolment exports exports.writing feed gates generated_files health ledger ledger.projections lifecycle listener operations orders organisation passes passes.importing passes.sheet register_hooks registers registers.importing reports service setup systemd tokens town values visits",
        "hub.service": "alerts backup broker database exports feed generated_files lifecycle reports town",
        "hub.web": "accounts accounts.views alerts alerts.views api backup.views conflicts.views console database destruction.views downlink exports exports.views exports.writing feed.views gates gates.views generated_files health.views inspections.views ledger map.views needs.views operations operations.views orders orders.views organisation.views passes.sheet passes.views persons.views pictures.views quarantine.views questions questions.views register_hooks registers registers.paper.views registers.views reports.views roster roster.views runs runs.views setup setup.views shifts.views systemd tokens.views town values vehicles.views villages.views visits visits.views zero_reports zero_reports.views",
        "hub.backup.views": "accounts backup console town",
        "hub.health.views": "accounts console database health",
        "hub.health": "accounts alerts alerts.raising backup broker database enrolment gates ledger town values",
        "hub.api": "accounts alerts console database gates ledger ledger.projections passes tokens values visits",
        "hub.destruction": "accounts backup broker database downlink gates generated_files ledger ledger.projections operations orders passes registers town values",
        "hub.destruction.views": "accounts console destruction gates registers",
        "hub.reports.views": "accounts console ledger ledger.projections reports values visits",
        "hub.vehicles.views": "accounts conflicts console gates ledger orders passes persons vehicles",
        "hub.lifecycle": "accounts alerts backup broker database downlink enrolment gates generated_files ledger ledger.projections operations passes setup town untrusted_folder",
        "hub.listener": "alerts alerts.raising broker conflicts database destruction downlink enrolment gates ledger ledger.projections needs orders pictures questions registers runs systemd town zero_reports",
        "hub.passes.views": "accounts console gates passes passes.importing passes.sheet",
        "hub.operations.views": "accounts console gates operations reports town",
        "hub.setup.views": "accounts console enrolment gates setup town",
        "hub.setup": "accounts database enrolment generated_files operations town",
        "hub.accounts.views": "accounts console enrolment gates organisation",
        "hub.operations": "accounts console database downlink gates generated_files ledger registers reports town values",
        "hub.enrolment": "accounts broker downlink gates generated_files orders passes shifts tokens town",
        "hub.orders.views": "accounts console gates orders organisation",
        "hub.questions.views": "accounts console questions",
        "hub.questions": "accounts alerts database imports",
        "hub.runs.views": "accounts console gates runs",
        "hub.runs": "accounts alerts database gates imports ledger values",
        "hub.zero_reports.views": "accounts console organisation zero_reports",
        "hub.zero_reports": "accounts alerts database organisation",
        "hub.pictures.views": "accounts console ledger orders pictures",
        "hub.exports.views": "accounts console exports generated_files values",
        "hub.exports": "accounts alerts conflicts console database downlink exports.writing generated_files ledger orders organisation passes questions registers roster runs town values visits",
        "hub.passes.importing": "accounts database gates imports passes passes.sheet town values",
        "hub.visits.views": "accounts conflicts console ledger persons pictures roster values visits",
        "hub.backup": "accounts database gates generated_files ledger town values",
        "hub.gates.views": "accounts console gates ledger",
        "hub.vehicles": "accounts database ledger ledger.projections passes pictures",
        "hub.orders": "accounts alerts database downlink gates imports organisation pictures roster",
        "hub.passes": "accounts database downlink gates ledger passes.sheet town values",
        "hub.quarantine.views": "accounts console gates ledger quarantine",
        "hub.alerts.raising": "alerts broker database destruction downlink enrolment gates ledger registers roster town values",
        "hub.alerts.views": "accounts alerts console",
        "hub.conflicts.views": "accounts conflicts console",
        "hub.gates": "accounts database downlink town values",
        "hub.visits": "accounts console database exports.writing ledger ledger.projections shifts town values",
        "hub.reports": "accounts console database downlink ledger ledger.projections orders organisation passes registers town values zero_reports",
        "hub.map.views": "accounts console gates map",
        "hub.villages.views": "accounts console map organisation villages",
        "hub.villages": "accounts database map organisation",
        "hub.organisation.views": "accounts console organisation passes passes.sheet",
        "hub.organisation": "accounts database imports passes.sheet",
        "hub.map": "accounts database",
        "hub.roster.views": "accounts console gates roster",
        "hub.shifts.views": "accounts alerts conflicts console orders shifts",
        "hub.shifts": "accounts database ledger values",
        "hub.roster": "accounts database gates imports organisation passes.sheet values",
        "hub.conflicts": "accounts database downlink ledger ledger.projections values",
        "hub.console": "accounts database downlink imports ledger organisation passes passes.sheet registers town values",
        "hub.downlink": "database ledger ledger.projections town",
        "hub.quarantine": "accounts database ledger ledger.projections values",
        "hub.ledger": "database ledger.projections values",
        "hub.ledger.projections": "alerts database values",
        "hub.alerts": "accounts database generated_files values",
        "hub.broker": "generated_files systemd town untrusted_folder",
        "hub.tokens.views": "accounts console tokens",
        "hub.tokens": "accounts database values",
        "hub.registers.paper": "accounts passes registers values",
        "hub.registers.paper.views": "accounts console registers registers.paper values",
        "hub.registers": "accounts database organisation values",
        "hub.inspections.views": "accounts alerts console inspections ledger registers",
        "hub.inspections": "database registers values",
        "hub.persons.views": "accounts console ledger passes persons registers",
        "hub.persons": "database registers",
        "hub.needs.views": "accounts console needs passes registers values",
        "hub.needs": "accounts database gates ledger passes registers town",
        "hub.registers.views": "accounts console organisation registers registers.importing values",
        "hub.registers.importing": "accounts database downlink generated_files imports organisation passes passes.importing passes.sheet register_hooks registers town",
        "hub.register_hooks": "inspections needs registers town",
        "hub.feed.views": "accounts console feed ledger",
        "hub.feed": "accounts database ledger town",
        "hub.accounts": "database values",
        "hub.database.migrations": "database values",
        "hub.imports": "passes.sheet",
        "hub.passes.sheet": "values",
        "hub.pictures": "database values",
        "hub.town": "database generated_files values",
        "hub.exports.writing": "values",
        "hub.generated_files": "",
        "hub.database": "",
        "hub.untrusted_folder": "",
        "hub.systemd": "",
        "hub.values": "",
    }.items()
}
"""Room -> the rooms it may import, from the doors down to the ground."""


def room_of(module: str, path: Path) -> str:
    """The room that a module stands in."""
    folder = module if path.name == "__init__.py" else module.rpartition(".")[0]
    if folder == STEPS or folder.startswith(f"{STEPS}."):
        return STEPS
    return module if folder in ("edge", "hub") or module.endswith(".views") else folder


def floor_of(room: str) -> int:
    """How many rooms stand below a room, one on the other; `RecursionError` if the table has a circle."""
    return 1 + max((floor_of(below) for below in ROOMS.get(room, ())), default=-1)


def purpose(room: str) -> str:
    """What a room holds: the first sentence of its docstring."""
    folder = ROOT / room.replace(".", "/")
    path = folder.with_suffix(".py") if not folder.is_dir() else folder / ("env.py" if room == STEPS else "__init__.py")
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split())


def drawn(side: str) -> str:
    """The page of a side: its rooms by floors, from the doors down."""
    rooms = sorted((room for room in ROOMS if room.startswith(f"{side}.")), key=lambda room: (-floor_of(room), room))
    ground = ", ".join(f"`{name}`" for name in GROUND if name.startswith(f"{side}.") or name == CONTRACT)
    head = {"edge": "The gate's rooms", "hub": "The hub's rooms"}[side]
    lines = [
        f"# {head}",
        "",
        "Drawn by `python -m scripts.house` from its table; a test holds every import to it. A room imports only what stands below it:",
        f"what is named beside it, and the ground, {ground}.",
        "",
        "| floor | room | what it holds | may import |",
        "|---|---|---|---|",
    ]
    for room in rooms:
        below = ", ".join(f"`{name.partition('.')[2]}`" for name in ROOMS[room]) or "the ground alone"
        lines.append(f"| {floor_of(room)} | `{room.partition('.')[2]}` | {purpose(room)} | {below} |")
    for room in GROUND:
        if room.startswith(f"{side}.") or room == CONTRACT:
            lines.append(f"| ground | `{room}` | {purpose(room)} | |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Writes both pages, or checks them."""
    stale = 0
    for side in ("edge", "hub"):
        page, text = ROOT / side / "README.md", drawn(side)
        if arguments == ["check"]:
            if not page.exists() or page.read_text(encoding="utf-8") != text:
                print(f"{page.relative_to(ROOT)}: not what the table says (python -m scripts.house)")
                stale = 1
        else:
            page.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
