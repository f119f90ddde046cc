"""The tables of the contract, in Markdown, made from the models: every field with its type, its unit and its nullability; closed lists."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel

from edge.contract import records, values
from edge.contract.facts import BODIES, HUB_KINDS, VISIT_KINDS, Kind
from scripts.contract.closed import ENUMS, lists, table
from scripts.contract.schemas import MODELS, described, inside, schema_of

HEAD = """# Tables of the contract

Made from the models by `python -m scripts.contract`; a test says so. What holds of all of it, and how the parts work together, stands in [README.md](README.md).
The same in a form for machines: [`schemas/`](schemas).

*Type* is what JSON has, with its range; names of types: see *Values* in README.md. *Null*: the value may be `null`, which means *not known* or *not fitted* unless something
else is said. *May be left out*: what stands for it then; every other field is required.
"""

VALUES = {
    values.WALL: "time",
    values.NAME: "name",
    values.SLUG: "slug",
}


def text() -> str:
    """The whole file."""
    return "\n".join([HEAD, *_messages(), *_kinds(), *lists()]).rstrip() + "\n"


def _messages() -> Iterator[str]:
    yield "## Messages, texts and the bundle\n"
    seen = {model for _, model in MODELS.values()}
    for name, (title, model) in MODELS.items():
        yield f"### {title}\n"
        yield f"Schema [`{name}`](schemas/{name}.json).\n"
        for each in _in_order(model):
            if each is model or each not in seen:
                seen.add(each)
                if each is not model:
                    yield f"#### {each.__name__}\n"
                yield _fields(each)


def _in_order(model: type[BaseModel]) -> list[type[BaseModel]]:
    return [model, *sorted(set(inside(model)) - {model}, key=lambda each: each.__name__)]


def _kinds() -> Iterator[str]:
    yield "## `raw` of a record\n"
    yield _fields(records.Head, extra=[("body", "object", "", "", "by kind, below")])
    yield "#### At\n"
    yield _fields(records.At)
    yield "## Bodies of records\n"
    for kind in Kind:
        by = "the hub alone" if kind in HUB_KINDS else "a gate"
        of = "belongs to a visit" if kind in VISIT_KINDS else "belongs to no visit (`visit` is null)"
        yield f"### `{kind}`\n"
        yield f"Written by {by}; {of}. Schema [`raw-{kind}`](schemas/raw-{kind}.json).\n"
        yield _fields(BODIES[kind])


def _fields(model: type[BaseModel], extra: Sequence[tuple[str, ...]] = ()) -> str:
    schema = schema_of(model)
    rows: list[tuple[str, ...]] = []
    for name, each in schema["properties"].items():
        choices = each.get("anyOf", [each])
        type_ = " or ".join(_type(choice) for choice in choices if choice.get("type") != "null")
        null = "yes" if any(choice.get("type") == "null" for choice in choices) else ""
        left_out = "" if name in schema["required"] else _default(each.get("default", {}))
        rows.append((f"`{name}`", type_, null, left_out, described(model, name)))
    rows += [(f"`{name}`", *rest) for name, *rest in extra]
    return table(("field", "type", "null", "may be left out", "meaning (unit)"), rows)


def _default(value: Any) -> str:
    if isinstance(value, (list, dict)):
        said = ", ".join(f"`{each['id'] if isinstance(each, dict) else each}`" for each in value)
        return f"yes: {said or 'empty'}"
    return f"yes: {f'`{json.dumps(value)}`' if value != '' else 'empty'}"


def _anchor(title: str) -> str:
    """As pages that show Markdown name a heading."""
    return re.sub(r"[^a-z0-9_ -]", "", title.lower()).replace(" ", "-")


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        title = ENUMS.get(name) or next((title for title, model in MODELS.values() if model.__name__ == name), name)
        return f"{'one of ' if name in ENUMS else ''}[{title if name in ENUMS else name}](#{_anchor(title)})"
    if "const" in schema:
        return f"{schema['const']}"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    match schema["type"]:
        case "integer" | "number":
            return _number(schema)
        case "string":
            return _string(schema)
        case "array":
            return _array(schema)
        case "object":
            return f"object, {schema['maxProperties']:,} at most: each {_type(schema['additionalProperties'])}"
        case other:
            return str(other)


def _number(schema: dict[str, Any]) -> str:
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    above = "above " if "exclusiveMinimum" in schema else ""
    most = (
        "2^53 - 1"
        if schema["maximum"] == 2**53 - 1
        else f"{schema['maximum']:,g}"
        if schema["maximum"] < 1e6
        else f"{schema['maximum']:,}"
    )
    return f"{'whole number' if schema['type'] == 'integer' else 'number'}, {above}{least:g} to {most}"


def _string(schema: dict[str, Any]) -> str:
    pattern = schema.get("pattern", "")
    if pattern in VALUES:
        return VALUES[pattern]
    if schema.get("contentEncoding"):
        return f"base64, {schema['maxLength']:,} characters at most"
    if "maxLength" not in schema:
        return _hex(pattern)
    least = f"{schema['minLength']} to " if "minLength" in schema else ""
    return f"text, {least}{schema['maxLength']:,} characters{'' if least else ' at most'}"


def _hex(pattern: str) -> str:
    digits = re.fullmatch(r"\^\[0-9a-f\]\{([0-9,]+)\}\$", pattern)
    return f"{digits[1].replace(',', ' to ')} hex digits" if digits else f"string `{pattern}`".replace("|", "\\|")


def _array(schema: dict[str, Any]) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(_type(each) for each in schema['prefixItems'])}]"
    return f"list of {schema.get('minItems', 0)} to {schema['maxItems']:,}: {_type(schema['items'])}"
