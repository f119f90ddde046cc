"""README cannot lie: its commands, options, settings, topics and columns are those of the code."""

import argparse
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from edge.cli import parser as gate_parser
from edge.config import Settings as GateSettings
from edge.contract.topics import FROM_GATE, FROM_HUB, HUB, PREFIX, TO_GATE
from hub.cli import parser as hub_parser
from hub.ledger.projections.columns import VISIT_COLUMNS
from hub.town.settings import Settings as HubSettings
from scripts.town.demo import parser as demo_parser

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(parser: argparse.ArgumentParser) -> set[str]:
    """Every command of a parser, with its verbs: `gate add`."""
    found: set[str] = set()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                found |= {f"{name} {verb}" for verb in commands(sub)} or {name}
    return found


def table(heading: str) -> list[list[str]]:
    """The rows of the first table at or after this text, as cells."""
    lines = README[README.index(heading) :].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def keys(model: type[BaseModel], prefix: str = "") -> dict[str, object]:
    """Every key of a settings file with its default."""
    found: dict[str, object] = {}
    for name, field in model.model_fields.items():
        inner = next((part for part in _types(field.annotation) if issubclass(part, BaseModel)), None)
        if inner is not None:
            found |= keys(inner, f"{prefix}{name}.")
        elif not field.exclude:
            found[f"{prefix}{name}"] = None if field.is_required() else field.default
    return found


def _types(annotation: object) -> list[type]:
    arguments = getattr(annotation, "__args__", ())
    return [each for each in (annotation, *arguments) if isinstance(each, type)]


@pytest.mark.parametrize(
    ("heading", "parser"),
    [("| `kakou-hub --data DIR …` |", hub_parser()), ("| `kakou-gate --data DIR …` |", gate_parser())],
    ids=["kakou-hub", "kakou-gate"],
)
def test_the_commands_are_those_of_the_code(heading: str, parser: argparse.ArgumentParser) -> None:
    assert {name for cell, _ in table(heading) for name in quoted(cell)} == commands(parser)


def test_the_demos_options_are_those_of_the_code() -> None:
    options = {option for action in demo_parser()._actions for option in action.option_strings} - {"-h", "--help"}
    assert {quoted(cell)[0].split()[0] for cell, _ in table("| option of `scripts/demo` |")} == options


@pytest.mark.parametrize(
    ("heading", "model"),
    [("`hub.toml`, in", HubSettings), ("`gate.toml`, in", GateSettings)],
    ids=["hub.toml", "gate.toml"],
)
def test_the_settings_are_those_of_the_code(heading: str, model: type[BaseModel]) -> None:
    said: dict[str, str] = {}
    for names, defaults, _ in table(heading):
        values = quoted(defaults) or [""] * len(quoted(names))
        said |= dict(zip(quoted(names), values, strict=True))
    assert said == {key: spelled(default) for key, default in keys(model).items()}


def spelled(default: object) -> str:
    """A default as TOML spells it in the tables."""
    match default:
        case None:
            return ""
        case bool():
            return str(default).lower()
        case tuple():
            return "[" + ", ".join(f'"{each}"' for each in default) + "]"
        case float():
            return f"{default:g}"
        case _:
            return str(default)


def test_the_columns_of_the_csv_are_those_of_the_code() -> None:
    block = next(block for block in re.findall(r"```\n(.*?)```", README, re.DOTALL) if "visit_id" in block)
    assert re.split(r",\s*", block.strip()) == list(VISIT_COLUMNS)


def test_the_topics_are_those_that_are_spoken_on() -> None:
    gate = {f"{PREFIX}/<gate>/{name}" for name in FROM_GATE | TO_GATE}
    hub = {f"{PREFIX}/{HUB}/{name}" for name in FROM_HUB}
    assert {quoted(cell)[0] for cell, _, _ in table("| topic |")} == gate | hub


def test_every_script_and_file_that_is_named_is_there() -> None:
    for name in re.findall(r"`((?:scripts|edge|hub|systemd|firmware_config|tests|\.ci)/[\w./-]*)`", README):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (ROOT / name).exists(), name


def test_every_script_is_named() -> None:
    scripts = {path.name for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix}
    assert scripts == set(re.findall(r"`scripts/([a-z-]+)`", README))


def test_each_row_of_the_threat_model_names_tests_that_exist() -> None:
    rows = table("## Who can do what")
    assert len(rows) == 8
    for *_, shown_by in rows:
        named = [each.split("::") for each in quoted(shown_by)]
        assert named
        for file, name in named:
            assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), (file, name)
