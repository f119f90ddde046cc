"""The JSON Schemas of the contract (draft 2020-12), made from the models: one for each message and each kind of record."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from edge.contract import commands, messages, policy, records
from edge.contract.facts import BODIES, PERSONAL_FIELDS, VISIT_KINDS, Kind
from edge.contract.personal import EXTRA_FIELD
from scripts.contract.source import fields
from scripts.contract.words import meaning

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMESPACE = "urn:kakou:v1:"

MODELS: Mapping[str, tuple[str, type[BaseModel]]] = {
    "message-records": ("A batch of records (topic records)", messages.Batch),
    "message-hello": ("What a gate has (topic hello)", messages.Hello),
    "message-ack": ("What the hub holds of a gate's journal (topic ack)", messages.Ack),
    "message-state": ("Online or offline (topic state)", messages.State),
    "message-health": ("What a gate knows of itself (topic health)", messages.Health),
    "message-picture": ("A picture that the hub asked for (topic picture)", messages.Picture),
    "message-signed": ("What the hub signs (topics policy, passlist, sightings, command)", messages.Signed),
    "text-policy": ("What `text` of a signed policy holds", policy.Policy),
    "text-passlist": ("What `text` of a signed passlist holds", messages.PassList),
    "text-sightings": ("What `text` of signed sightings holds", messages.Sightings),
    "text-command": ("What `text` of a signed command holds", commands.Commands),
    "bundle": ("What a gate needs to join, as a file", messages.Bundle),
    "record": ("A record as it travels: four values", records.Sealed),
}

UNSEEN = {
    "message-records": "the signature, the chain, that the numbers follow each other, what each raw says",
    "message-hello": "acked is not above head, oldest not above head + 1",
    "message-ack": "the first of a range is not after the last; the signature of head",
    "message-picture": "the JPEG has the SHA-256 that hash says",
    "message-signed": "the signature, what text says (schemas text-...)",
    "bundle": "the signatures, that keys and certificate belong together",
    "record": "raw is 16,384 bytes of UTF-8 at most, canonical JSON (schemas raw-...); hash and commitments hold",
    "raw-overridden": "reason is not made of characters alone that can't be seen",
    "raw-lost": "first is not after last, and last is before the record's seq",
}
"""What holds as well, and no schema can say."""
_OF_RAW = "it is canonical JSON (RFC 8785) of 16,384 bytes at most"


class _Strict(GenerateJsonSchema):
    """As the code reads it: keys of a table have their bounds and no other key is taken; a list may name the same twice."""

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        made = super().dict_schema(schema)
        if "patternProperties" in made:
            (made["additionalProperties"],) = made.pop("patternProperties").values()
        if "keys_schema" in schema:
            made["propertyNames"] = self.generate_inner(schema["keys_schema"])
        return made

    def frozenset_schema(self, schema: core_schema.FrozenSetSchema) -> JsonSchemaValue:
        made = super().frozenset_schema(schema)
        made.pop("uniqueItems", None)
        return made


def every() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each schema with its name."""
    for name, (title, model) in MODELS.items():
        yield name, _whole(name, title, model)
    private: TypeAdapter[Any] = TypeAdapter(records.PrivateAsSent)
    yield "private", _named("private", "The personal values of a record", _personal(_private(private)))
    for kind in Kind:
        yield f"raw-{kind}", _of_kind(kind)


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The bare schema of one model, with those of the models that it is made of as `$defs`."""
    made: dict[str, Any] = _tidy(model.model_json_schema(schema_generator=_Strict))
    return made


def _whole(name: str, title: str, model: type[BaseModel]) -> dict[str, Any]:
    made = schema_of(model)
    _describe(made, model)
    if model is records.Sealed:
        _personal(made["properties"]["private"])
    for inner, each in made.get("$defs", {}).items():
        if inner == "Sealed":
            _personal(each["properties"]["private"])
    return _named(name, title, made)


def _of_kind(kind: Kind) -> dict[str, Any]:
    name = f"raw-{kind}"
    made = _whole(name, f"What `raw` of a record of kind {kind} holds", records.shape_of(kind))
    made["description"] = " ".join((BODIES[kind].__doc__ or "").split()).replace("None:", "null:")
    made["properties"]["kind"] = {"const": kind.value, "description": meaning(records.Head, "kind")}
    visit = made["properties"]["visit"]
    of_one = kind in VISIT_KINDS
    (visit_schema,) = [each for each in visit.pop("anyOf") if (each.get("type") != "null") == of_one]
    visit.update(visit_schema)
    _personal(made["properties"]["commitments"])
    made["$defs"].pop("Kind", None)
    return made


def _named(name: str, title: str, made: dict[str, Any]) -> dict[str, Any]:
    head = {"$schema": DIALECT, "$id": f"{NAMESPACE}{name}", "title": title, "description": made.pop("description", "")}
    unseen = [each for each in (_OF_RAW if name.startswith("raw-") else "", UNSEEN.get(name, "")) if each]
    if unseen:
        head["$comment"] = f"Beyond a schema: {'; '.join(unseen)}."
    return head | made


def _private(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    made: dict[str, Any] = _tidy(adapter.json_schema(schema_generator=_Strict))
    made["description"] = "For each field that `commitments` names: [salt, value], the salt 32 hexadecimal digits."
    return made


def _personal(schema: dict[str, Any]) -> dict[str, Any]:
    """Only these fields, and those that an operation declares, are personal: of any other the record is refused."""
    schema["propertyNames"] = {"anyOf": [{"enum": sorted(PERSONAL_FIELDS)}, {"pattern": EXTRA_FIELD}]}
    return schema


def _tidy(value: Any) -> Any:
    """Without the titles that pydantic makes of names; a range of one number is that number."""
    if isinstance(value, list):
        return [_tidy(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "integer" and value.get("minimum") == value.get("maximum") is not None:
        value = {"type": "integer", "const": value["minimum"]}
    kept = {name: each for name, each in value.items() if name not in ("title", "properties", "$defs")}
    if isinstance(kept.get("description"), str):
        kept["description"] = " ".join(kept["description"].split()).replace("None:", "null:").replace("None", "null")
    for name in ("properties", "$defs"):
        if name in value:
            kept[name] = {each: _tidy(inner) for each, inner in value[name].items()}
    return {name: each if name in ("properties", "$defs", "default") else _tidy(each) for name, each in kept.items()}


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Gives every property its meaning and its unit, in the model and in what it is made of."""
    by_name = {each.__name__: each for each in inside(model)}
    for name, part in [(model.__name__, schema), *schema.get("$defs", {}).items()]:
        for field, each in part.get("properties", {}).items():
            each["description"] = described(by_name[name], field)


def described(model: type[BaseModel], name: str) -> str:
    """What a field means, with the unit of its values."""
    written = fields(model).get(name)
    unit = written.unit if written else None
    return f"{meaning(model, name)} ({unit})" if unit else meaning(model, name)


def inside(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and every model that it is made of."""
    found, waiting = set(), [model]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            yield each
            waiting += [inner for field in each.model_fields.values() for inner in _models_in(field.annotation)]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)
