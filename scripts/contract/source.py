"""What the text of a model says of its fields, which Python forgets: the docstring under each, and the names of its types."""

import ast
import inspect
import textwrap
from functools import cache
from typing import NamedTuple

from pydantic import BaseModel

UNITS = {
    "Seconds": "seconds",
    "Minutes": "minutes",
    "Hours": "hours",
    "Days": "days",
    "Litres": "litres",
    "Celsius": "degrees Celsius",
    "Share": "share, 0 to 1",
    "Rate": "a second",
    "Wall": "time, UTC",
}
"""The unit of each type of value that has one."""


class Field(NamedTuple):
    """A field as its model's text has it: the names that stand in its annotation, and what is said of it ('' for nothing)."""

    names: frozenset[str]
    said: str

    @property
    def unit(self) -> str | None:
        """What the value counts; None for what counts nothing."""
        return next((unit for name, unit in UNITS.items() if name in self.names), None)


@cache
def fields(model: type[BaseModel]) -> dict[str, Field]:
    """The fields of a model and of what it inherits from."""
    found: dict[str, Field] = {}
    for class_ in reversed(model.__mro__):
        # those that pydantic makes by itself have no text
        if issubclass(class_, BaseModel) and class_ is not BaseModel and class_.__module__.startswith("edge.contract"):
            found |= _written(class_)
    return found


def _written(class_: type) -> dict[str, Field]:
    try:
        text = textwrap.dedent(inspect.getsource(class_))
    except OSError:
        return {}
    (tree,) = ast.parse(text).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for place, each in enumerate(tree.body):
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            names = frozenset(node.id for node in ast.walk(each.annotation) if isinstance(node, ast.Name))
            found[each.target.id] = Field(names, _docstring(tree.body[place + 1 : place + 2]))
    return found


def _docstring(following: list[ast.stmt]) -> str:
    match following:
        case [ast.Expr(ast.Constant(str(text)))]:
            return " ".join(text.split())
    return ""
