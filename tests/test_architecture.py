"""Every import of the project is walked: rooms import only what stands below them (`scripts/house.py`), and no module runs in a circle."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import house

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("edge", "hub", "scripts")
CONTRACT = "edge.contract"


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
    """What speaks against an import; None if it is allowed."""
    if within(imported, "scripts") and not within(name, "scripts"):
        return "gate and hub know no scripts"
    if within(name, "scripts"):
        return None
    here, there = (house.room_of(each, MODULES[each]) for each in (name, imported))
    if here == there:
        return None
    if here == CONTRACT:
        return "the contract imports nothing else of the project"
    if within(name, "hub") and within(imported, "edge") and there != CONTRACT:
        return "the hub knows of the gate only the contract"
    if within(name, "edge") and within(imported, "hub"):
        return "a gate knows no hub"
    if there in house.GROUND or there in house.ROOMS.get(here, ()):
        return None
    return f"{here} may not import {there} (scripts/house.py)"


@pytest.mark.parametrize("name", sorted(GRAPH))
def test_every_import_is_allowed(name: str) -> None:
    wrong = {imported: why for imported in sorted(GRAPH[name]) if (why := forbidden(name, imported))}
    assert not wrong


def test_no_room_stands_above_itself() -> None:
    below = {room: frozenset(names) for room, names in house.ROOMS.items()}
    assert not circle(below)
    assert all(name in house.ROOMS for names in house.ROOMS.values() for name in names)


def test_the_table_of_rooms_allows_nothing_that_nobody_needs() -> None:
    rooms = {name: house.room_of(name, path) for name, path in MODULES.items() if not within(name, "scripts")}
    assert set(rooms.values()) - {"edge", "hub", *house.GROUND} == set(house.ROOMS)
    used = {(rooms[name], rooms[each]) for name in rooms for each in GRAPH[name] if each in rooms}
    assert not [(room, name) for room, names in house.ROOMS.items() for name in names if (room, name) not in used]


def test_every_room_says_what_it_holds() -> None:
    assert not [room for room in house.ROOMS if not house.purpose(room).endswith(".")]


def test_the_pages_of_rooms_are_drawn_from_the_table() -> None:
    for side in ("edge", "hub"):
        text = (ROOT / side / "README.md").read_text(encoding="utf-8")
        assert text == house.drawn(side), "python -m scripts.house"


def test_there_are_no_circles() -> None:
    assert not circle(GRAPH)


def test_the_walk_sees_a_wrong_arrow_and_a_circle() -> None:
    assert forbidden("hub.ledger.append", "edge.journal.outbox")
    assert forbidden("edge.contract.records", "edge.config")
    assert forbidden("edge.camera.sources", "edge.scanner.scanner")
    assert forbidden("hub.passes.store", "hub.visits.views")
    assert forbidden("hub.database.engine", "hub.ledger.append")
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
    for name in sorted(name for name in MODULES if within(name, "edge.decision") or within(name, "edge.lane")):
        tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
        names = {
            each.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names
        }
        names |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not names & world, name


LONGEST = {"class": 200, "function": 60, "file": 400, "constructor": 8}
"""Lines at most; of a constructor: arguments."""
TABLES = {
    "hub/database/schema.py": "the tables",
    "edge/simulation/drawing.py": "the sprites of the demo",
    "scripts/faulting/kinds.py": "the kinds of faults",
}
"""Files that may be longer, for they are tables."""
STEPS = "hub/database/migrations/versions/"


def sizes() -> Iterator[tuple[str, str, int]]:
    """(kind, name, size) of everything that has a limit; the steps of the database are history."""
    for path in MODULES.values():
        place, text = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        if place.startswith(STEPS):
            continue
        if place not in TABLES:
            yield "file", place, len(text.splitlines())
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.ClassDef | ast.FunctionDef):
                continue
            lines = (node.end_lineno or 0) - node.lineno + 1
            yield "class" if isinstance(node, ast.ClassDef) else "function", f"{place}:{node.name}", lines
            for each in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(each, ast.FunctionDef) and each.name == "__init__":
                    arguments = len(each.args.posonlyargs) + len(each.args.args) + len(each.args.kwonlyargs) - 1
                    yield "constructor", f"{place}:{node.name}()", arguments


def holds_code(path: Path) -> bool:
    """Returns True if a module has a function that does something: a table, a shape (`Protocol`) and a step of the database need no test."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = [each for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for each in node.body]
    return any(not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)) for each in bodies)


def where_tested(path: Path) -> list[str]:
    """The test of a module's name, or of its folder's; else those that the module's docstring names."""
    folder, name = path.relative_to(ROOT).parent, path.stem
    names = [folder.parent / f"test_{folder.name}.py"]
    if name != "__init__":
        names.append(folder / f"test_{name}.py")
    found = [Path("tests") / each for each in names]
    if folder == Path("edge/contract"):
        found.append(Path("tests/contract") / f"test_{name}.py")
    if there := [each.as_posix() for each in found if (ROOT / each).exists()]:
        return there
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return re.findall(r"`(tests/[^`]+\.py)`", "".join(re.split(r"\b[Tt]ested\b", docstring, maxsplit=1)[1:]))


def test_every_module_with_code_has_a_test_or_says_where_it_is_tested() -> None:
    held = {
        name: path
        for name, path in MODULES.items()
        if not within(name, "scripts") and not path.is_relative_to(ROOT / STEPS) and holds_code(path)
    }
    assert not [name for name, path in held.items() if not where_tested(path)], "a test of its name, or `Tested in …`"
    assert not {name: each for name, path in held.items() for each in where_tested(path) if not (ROOT / each).exists()}


def test_everything_fits_the_eye() -> None:
    assert not {name: (kind, size) for kind, name, size in sizes() if size > LONGEST[kind]}


def test_whoever_may_note_in_the_audit_signs_its_head() -> None:
    """An engine without the hub's seal leaves rows that `verify` takes for damage: outside of these, it is `Town.writer`."""
    bare = {"engine.py", "migrate.py", "town.py", "restore.py", "rekey.py"}
    found = {
        path.name
        for path in (ROOT / "hub").rglob("*.py")
        if re.search(r"(?<![.\w])writer\(", path.read_text(encoding="utf-8"))
    }
    assert found <= bare
