"""The operation.toml that a new town begins with, or that a new operation is given: a template, and the choices that somebody made.

A template is a file of `hub/town/templates`: an operation.toml that holds as it stands, and behind it a table `[template]` with what a
decision on such an operation usually says (measures, law) and which registers belong to it. Anybody may change any of it in the town's file.

Tested in `tests/hub/town/test_operation.py` and `tests/hub/town/test_templates.py`.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from pydantic import Field

from edge.contract.facts import Disinfection
from hub.errors import RefusedError
from hub.town.rule_parts import RulesPart
from hub.town.rules_text import with_value, with_values

ASKABLE = ("origin", "destination", "purpose", "driver", "phone", "occupants")
"""What may be asked of a vehicle that is registered by hand, in the order in which a gate asks it."""
EPIDEMIC = "epidemic"
TEMPLATES = (EPIDEMIC, "animal_disease", "chemical_park", "forest_fire")
"""The templates in the order in which they are offered."""
FIRST_ID = "op-1"
_TAIL = re.compile(r"^\[template\]$", flags=re.M)


class TwoLanguages(RulesPart):
    """A text in Chinese and in English."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def said(self, language: str) -> str:
        """The text in a language."""
        return self.zh if language == "zh" else self.en


class Template(RulesPart):
    """What a template says beside its rules. `registers`: the ids of the registers that such an operation keeps."""

    name: TwoLanguages
    about: TwoLanguages
    measures: TwoLanguages
    laws: tuple[TwoLanguages, ...] = Field(min_length=1)
    registers: tuple[str, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class OperationChoices:
    """The main choices of an operation: its names, what is asked, disinfection, its end (RFC 3339; None: open).

    `disinfection`: of the classes for which the template requires it. `OPTIONAL` and `OFF` loosen it for these; a class that has less keeps
    it. None for any of the first four: as the template has it.
    """

    zh: str | None = None
    en: str | None = None
    disinfection: Disinfection | None = None
    asked: tuple[str, ...] | None = None
    ends: str | None = None


def default_text(
    starts: str, choices: OperationChoices = OperationChoices(), *, template: str = EPIDEMIC, id_: str = FIRST_ID
) -> str:
    """The text of the file, for an operation that starts at this time."""
    head = {
        "id": id_,
        "zh": choices.zh,
        "en": choices.en,
        "starts": starts,
        "asked": choices.asked,
        "ends": choices.ends,
    }
    text = with_values(rules_of(template), None, {key: value for key, value in head.items() if value is not None})
    return text if choices.disinfection is None else _disinfected(text, choices.disinfection)


def rules_of(template: str) -> str:
    """The rules of a template, as an operation.toml."""
    return _parts(template)[0]


def template_named(name: str) -> Template:
    """A template by its name; `RefusedError` names those that there are."""
    return _parts(name)[1]


@lru_cache(maxsize=8)
def _parts(name: str) -> tuple[str, Template]:
    if name not in TEMPLATES:
        raise RefusedError(
            "template %(name)s: there is none, expected one of %(known)s", name=repr(name[:40]), known=TEMPLATES
        )
    whole = (files("hub.town") / "templates" / f"{name}.toml").read_text(encoding="utf-8")
    rules, tail = _TAIL.split(whole, maxsplit=1)
    return rules.rstrip() + "\n", Template.model_validate(tomllib.loads(tail))


def _disinfected(text: str, rule: Disinfection) -> str:
    """The text with this rule for every class, unless it has less."""
    strictness = list(Disinfection)
    for number, each in enumerate(tomllib.loads(text)["classes"]):
        now = Disinfection(each.get("disinfection", Disinfection.REQUIRED))
        if strictness.index(now) < strictness.index(rule):
            text = with_value(text, ("classes", number), "disinfection", rule.value)
    return text
