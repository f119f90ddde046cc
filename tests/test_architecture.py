"""The arrows between modules point one way: every import of the project is walked and none runs against house and brief."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("edge", "hub", "scripts")
CONTRACT = "edge.contract"

# adapters of a gate know what can happen and what is said, and never each other
ADAPTERS = frozenset(
    f"edge.{name}"
    for name in (
        "camera",
        "scanner",
        "hardware",
        "outbox",
        "lists",
        "uplink",
        "health",
        "notify",
        "pictures",
        "voice",
        "errands",
    )
)
# these wire: they may know everybody
GATE_WIRING = frozenset(
    {
        "edge.cli",
        "edge.unit.unit",
        "edge.gate.loop",
        "edge.commands.selftest",
        "edge.simulation.world",
        "edge.commands.outputs_off",
    }
)
HUB_WIRING = frozenset(
    {"hub.cli", "hub.web.app", "hub.service.serve", "hub.listener.listener", "hub.town.town", "hub.lifecycle.founding"}
)
LANE = ("lane", "lane_state", "lane_answers", "lane_loops", "lane_records", "flow", "debounce")
DECISIONS = frozenset(f"edge.{name}" for name in ("decide", "events", *LANE))


def modules() -> dict[str, Path]:
    """Every module of the project by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(name: str) -> Iterator[str]:
    """The project's modules that a module imports, wherever in its text."""
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.split(".")[0] in PACKAGES)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*up, base] if base else up)
            if base.split(".")[0] in PACKAGES:
                yield from (f"{base}.{each.name}" if f"{base}.{each.name}" in MODULES else base for each in node.names)


GRAPH = {name: frozenset(imports(name)) for name in MODULES}


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def forbidden(name: str, imported: str) -> str | None:
    """Why this arrow runs the wrong way; None if it does not."""
    if within(name, CONTRACT) and not within(imported, CONTRACT):
        return "the contract imports nothing else of the project"
    if within(name, "edge") and not within(imported, "edge"):
        return "a gate knows no hub and no scripts"
    if within(name, "hub") and within(imported, "edge") and not within(imported, CONTRACT):
        return "the hub knows of the edge only the contract"
    if within(name, "hub") and within(imported, "scripts"):
        return "the hub knows no scripts"
    if name in ADAPTERS and imported in ADAPTERS:
        return "an adapter imports another adapter"
    if (
        within(name, "edge")
        and name not in GATE_WIRING
        and imported in {"edge.cli", "edge.unit.unit", "edge.gate.loop"}
    ):
        return "only wiring knows the gate's loop"
    if name in DECISIONS and not within(imported, CONTRACT) and imported not in DECISIONS:
        return "decisions know events and the contract only"
    if within(name, "hub") and imported.endswith(".views") and name not in HUB_WIRING:
        return "a subject never imports views"
    return None


@pytest.mark.parametrize("name", sorted(GRAPH))
def test_every_arrow_points_the_right_way(name: str) -> None:
    wrong = {imported: why for imported in sorted(GRAPH[name]) if (why := forbidden(name, imported))}
    assert not wrong


def test_there_are_no_circles() -> None:
    assert not circle(GRAPH)


def test_the_walk_sees_a_wrong_arrow_and_a_circle() -> None:
    assert forbidden("hub.ledger.append", "edge.journal.outbox")
    assert forbidden("edge.contract.records", "edge.config")
    assert forbidden("edge.camera.sources", "edge.scanner.scanner")
    assert forbidden("hub.passes.store", "hub.visits.views")
    assert circle({"a": frozenset({"b"}), "b": frozenset({"a"})})


def circle(graph: dict[str, frozenset[str]]) -> list[str]:
    """One circle of imports, or nothing. A package's own __init__ is not counted as a way to its modules."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for each in sorted(graph.get(name, ())):
            if found := walk(each, [*path, name]):
                return found
        done.add(name)
        return []

    for name in sorted(graph):
        if found := walk(name, []):
            return found
    return []


def test_decisions_import_nothing_of_the_world() -> None:
    world = {
        "socket",
        "sqlite3",
        "threading",
        "time",
        "os",
        "subprocess",
        "paho",
        "gpiozero",
        "cv2",
        "requests",
        "flask",
    }
    for name in sorted(DECISIONS):
        tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
        names = {
            each.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names
        }
        names |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not names & world, name
