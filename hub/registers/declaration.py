"""The declaration of a register: a TOML text -> its fields, states, rows of a day, paper form, and what becomes of it at the end.

A town declares registers of its own in the same way as those that are shipped (`shipped/*.toml`). Nothing of a declaration is believed:
an unknown key, type or id is refused in one line that says where it stands and what was expected.

Tested in `tests/hub/registers/test_declaration.py`.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.contract.values import Line
from hub.accounts.roles import Role
from hub.errors import RefusedError
from hub.registers.field_types import COMPUTED, SHORT_TEXTS, FieldType, Mask

MOST_BYTES = 64 * 1024
MOST_FIELDS = 60
PARENT = "parent"
"""In `once`: the row that a row belongs to."""
RESERVED = frozenset({"own"})
"""Ids whose addresses are those of other pages."""
Id = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]
Text = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^\S")]


class Part(BaseModel):
    """A part of a declaration; an unknown key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Named(Part):
    """Something with an id for records and words for people."""

    id: Id
    zh: Line
    en: Line


class Wording(Part):
    """A text in both languages."""

    zh: Text
    en: Text


class RegisterField(Named):
    """A field of a register: a column of its list and of its paper form.

    `personal`: masked unless the reader's role is `see` or above it; without `see` nobody sees it without a reason. `asked`: False is off
    until the town asks for it. `slot`: a role whose name each town chooses (五包一). `start`, `end`, `days`: the fields of which a computed
    one is made; `rows_of` and `in_state`: the child rows that it counts; `sum`: the field of them that it adds up.
    """

    type: FieldType
    required: bool = False
    personal: bool = False
    sensitive: bool = False
    see: Role | None = None
    mask: Mask | None = None
    asked: bool = True
    slot: bool = False
    list: bool = True
    search: bool | None = None
    unique: bool = False
    choices: tuple[Named, ...] = ()
    min: float | None = None
    max: float | None = None
    default: Literal["", "today", "now", "user"] = ""
    measure: Wording | None = None
    help: Wording | None = None
    group: Wording | None = None
    width: float = Field(default=1.0, gt=0, le=10)
    start: Id | None = None
    end: Id | None = None
    days: Id | None = None
    rows_of: Id | None = None
    in_state: Id | None = None
    sum: Id | None = None

    @property
    def computed(self) -> bool:
        """Returns True if the value is made of other values, and never typed."""
        return self.type in COMPUTED

    @property
    def searchable(self) -> bool:
        """Returns True if any part of the value finds its row."""
        short = self.type in SHORT_TEXTS
        return short if self.search is None else self.search

    @model_validator(mode="after")
    def _fits(self) -> Self:
        where = f"field {self.id}"
        chosen = self.type in (FieldType.CHOICE, FieldType.CHOICES)
        if chosen != bool(self.choices):
            raise ValueError(f"{where}: choices: expected {'at least one' if chosen else 'none'} for type {self.type}")
        _once(f"{where}: choice", [each.id for each in self.choices])
        if self.sensitive and not self.personal:
            raise ValueError(f"{where}: sensitive: expected personal = true beside it")
        if (self.see or self.mask) and not self.personal:
            raise ValueError(f"{where}: see, mask: expected only beside personal = true")
        if self.computed and (self.required or self.unique or self.default or self.personal):
            raise ValueError(f"{where}: computed: expected neither required, unique, default nor personal")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"{where}: min {self.min:g}: expected at most max, {self.max:g}")
        return self


class State(Named):
    """A state of a row. The first is a new row's; `next`: the states that may follow; one that ends has none that is due.

    `role`: the least role that may bring a row here; `needs`: fields that must be filled before; `other_than`: a state that somebody else
    must have brought about; `due_hours`: so long a row may stay here, unless its own field says otherwise. `met`: what the row's field says was
    done in time or not; from here on `due_hours` alone counts.
    must have brought about; `due_hours`: so long a row may stay here, counted from the field `due_since`, unless its own field says otherwise;
    `late`: the state that it comes into by itself when that time has passed; `timed`: False where nothing is due.
    """

    next: tuple[Id, ...] = ()
    role: Role | None = None
    needs: tuple[Id, ...] = ()
    other_than: Id | None = None
    ends: bool = False
    timed: bool = True
    reason: bool = False
    due_hours: float | None = Field(default=None, gt=0, le=24 * 366)
    met: bool = False
    due_since: Id | None = None
    late: Id | None = None
    look: Literal["open", "busy", "done", "bad"] = "open"


class Rule(Named):
    """What a row must not be; its names are the line that says so. It refuses the row, or else flags it.

    `only`: the rows that it is about, by field and choices (`yes`, `no` of a flag). `start`, `end`, `over_hours`: it holds for what lasts longer
    (without an end: until now); without `over_hours` the end must not come before the start. `needs`: fields that must be filled then;
    `differ`: fields that must not say the same; `number`: a field that must lie between `min` and `max`.
    """

    only: Mapping[Id, tuple[str, ...]] = Field(default_factory=dict)
    start: Id | None = None
    end: Id | None = None
    over_hours: float | None = Field(default=None, gt=0, le=24 * 3660)
    needs: tuple[Id, ...] = ()
    differ: tuple[Id, ...] = ()
    number: Id | None = None
    min: float | None = None
    max: float | None = None
    refuse: bool = False
    law: str = ""

    @model_validator(mode="after")
    def _asks(self) -> Self:
        where = f"rule {self.id}"
        if not (self.start or self.needs or self.differ or self.number):
            raise ValueError(f"{where}: expected start, needs, differ or number")
        if self.start is None and (self.end or self.over_hours):
            raise ValueError(f"{where}: end, over_hours: expected only beside start")
        if self.start is not None and self.end is None and self.over_hours is None:
            raise ValueError(f"{where}: start: expected end or over_hours beside it")
        if self.number is not None and self.min is None and self.max is None:
            raise ValueError(f"{where}: number: expected min or max beside it")
        if len(self.differ) == 1:
            raise ValueError(f"{where}: differ: expected at least two fields")
        return self


class Stock(Part):
    """What comes in and goes out: of each item no more than there is."""

    item: tuple[Id, ...] = Field(min_length=1)
    quantity: Id
    direction: Id
    inward: tuple[Id, ...] = Field(min_length=1)
    outward: tuple[Id, ...] = Field(min_length=1)


class Paper(Part):
    """The form on paper: its title, the sentence or line below it, the note at its end, who signs.

    `counted`: what its rows are called when they are counted (人, 户); `by`: the field of choices by which they are; `state`: the heading above
    their states.
    """

    title: Wording | None = None
    landscape: bool = True
    sentence: Literal["count", "unit_and_time"] = "count"
    by: Id | None = None
    counted: Wording = Wording(zh="条", en="rows")
    state: Wording = Wording(zh="状态", en="State")
    note: Wording | None = None
    signed: tuple[Wording, ...] = ()


class Ending(Part):
    """What becomes of the rows when the operation ends, unless the town decides otherwise before: and how long they are kept if they are."""

    personal: Literal["destroy", "archive", "keep"] = "destroy"
    keep_days: int = Field(default=0, ge=0, le=36_600)
    law: str = ""


class Register(Named):
    """A register as it is declared.

    `parent`: the register whose rows these belong to; `daily`: one row for each of them and each day. `due`: the field that says until when
    a row is to be done. `visit`, `unit`: a row may name a crossing, belongs to a unit of the town. `once`: groups of fields (`parent` stands
    for the row that it belongs to) of which no two rows say the same in all of one group; a row that does not fill a group is left alone.
    """

    group: Literal["people", "duty", "places", "supplies", "papers", "public"] = "papers"
    about: Wording | None = None
    parent: Id | None = None
    daily: bool = False
    unit: Literal["required", "optional", "off"] = "optional"
    gate: Literal["required", "optional", "off"] = "off"
    visit: bool = False
    read: Role = Role.OFFICER
    write: Role = Role.OFFICER
    remove: Role = Role.SUPERVISOR
    fields: tuple[RegisterField, ...] = Field(min_length=1, max_length=MOST_FIELDS)
    title: tuple[Id, ...] = ()
    once: tuple[Annotated[tuple[Id, ...], Field(min_length=1)], ...] = ()
    due: Id | None = None
    states: tuple[State, ...] = ()
    escalate_hours: float = Field(default=0, ge=0, le=24 * 366)
    stock: Stock | None = None
    rules: tuple[Rule, ...] = Field(default=(), max_length=20)
    paper: Paper = Paper()
    end: Ending = Ending()

    def field(self, id_: str) -> RegisterField | None:
        """The field with this id."""
        return next((each for each in self.fields if each.id == id_), None)

    def state(self, id_: str | None) -> State | None:
        """The state with this id."""
        return next((each for each in self.states if each.id == id_), None)

    @property
    def first_state(self) -> str | None:
        """The state of a new row; None for a register without states."""
        return self.states[0].id if self.states else None

    @property
    def typed(self) -> tuple[RegisterField, ...]:
        """The fields that people fill in."""
        return tuple(each for each in self.fields if not each.computed)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _once("field", [each.id for each in self.fields])
        _once("state", [each.id for each in self.states])
        _once("rule", [each.id for each in self.rules])
        fields, states = {each.id for each in self.fields}, {each.id for each in self.states}
        for where, wanted, there in (*self._fields_named(), *self._states_named()):
            if wanted not in (fields if there == "field" else states):
                raise ValueError(f"{where}: no such {there} {wanted!r}")
        if self.daily and self.parent is None:
            raise ValueError("daily: expected parent beside it")
        if self.id in RESERVED:
            raise ValueError(f"id {self.id!r}: it is taken by a page, expected another")
        if self.parent == self.id:
            raise ValueError(f"parent {self.parent!r}: expected another register")
        days = (FieldType.DATE, FieldType.TIME, FieldType.END_DATE)
        if (due := self.field(self.due or "")) and due.type not in days:
            raise ValueError(f"due: field {due.id}: expected type date or time, found {due.type}")
        for named in {name for group in self.once for name in group} - {PARENT}:
            if (of := self.field(named)) and not (of.searchable and of.type in SHORT_TEXTS):
                raise ValueError(f"once: field {named}: expected one that rows are searched by, found {of.type}")
        if any(group == (PARENT,) or (PARENT in group and self.parent is None) for group in self.once):
            raise ValueError("once: parent: expected fields beside it, and a register that has a parent")
        for where, field, may_be_days in self._moments_named():
            if field is not None and field.type is not FieldType.TIME and not (may_be_days and field.type in days):
                raise ValueError(f"{where}: field {field.id}: expected type time, found {field.type}")
        for rule in self.rules:
            for name, choices in rule.only.items():
                self._may_say(f"rule {rule.id}: only", name, choices)
        if self.states and not any(each.ends for each in self.states):
            raise ValueError("states: expected at least one with ends = true")
        if all(each.personal for each in self.fields):
            raise ValueError("fields: expected at least one that is not personal")
        return self

    def _fields_named(self) -> Iterator[tuple[str, str, str]]:
        for each in self.fields:
            for key in ("start", "end", "days"):
                if (named := getattr(each, key)) is not None:
                    yield f"field {each.id}: {key}", named, "field"
        for state in self.states:
            yield from ((f"state {state.id}: needs", named, "field") for named in state.needs)
            if state.due_since is not None:
                yield f"state {state.id}: due_since", state.due_since, "field"
        for rule in self.rules:
            named = (*rule.only, *rule.needs, *rule.differ, rule.start, rule.end, rule.number)
            yield from ((f"rule {rule.id}", each, "field") for each in named if each is not None)
        whole = [("due", self.due), ("paper: by", self.paper.by), *(("title", each) for each in self.title)]
        whole += [("once", each) for group in self.once for each in group if each != PARENT]
        if self.stock:
            whole += [("stock: item", each) for each in self.stock.item]
            whole += [("stock: quantity", self.stock.quantity), ("stock: direction", self.stock.direction)]
        yield from ((where, each, "field") for where, each in whole if each is not None)

    def _moments_named(self) -> Iterator[tuple[str, RegisterField | None, bool]]:
        """Where a moment is named, its field, and True if that may be a day: two days can be put in order."""
        for state in self.states:
            yield f"state {state.id}: due_since", self.field(state.due_since or ""), False
        for rule in self.rules:
            both = [self.field(each or "") for each in (rule.start, rule.end)]
            moments = {each is not None and each.type is FieldType.TIME for each in both}
            yield from ((f"rule {rule.id}", each, rule.over_hours is None and len(moments) == 1) for each in both)

    def _may_say(self, where: str, name: str, choices: tuple[str, ...]) -> None:
        field = self.field(name)
        flag = field is not None and field.type is FieldType.FLAG
        there = ("yes", "no") if flag or field is None else tuple(each.id for each in field.choices)
        for each in choices:
            if each not in there:
                raise ValueError(f"{where}: field {name}: no such choice {each!r}")

    def _states_named(self) -> Iterator[tuple[str, str, str]]:
        for state in self.states:
            yield from ((f"state {state.id}: next", named, "state") for named in state.next)
            if state.other_than is not None:
                yield f"state {state.id}: other_than", state.other_than, "state"
            if state.late is not None:
                yield f"state {state.id}: late", state.late, "state"


def _once(what: str, ids: list[str]) -> None:
    for id_, times in Counter(ids).items():
        if times > 1:
            raise ValueError(f"{what} {id_}: occurs twice")


@lru_cache(maxsize=256)
def read(text: str) -> Register:
    """The register that a TOML text declares; `RefusedError` says where it is wrong and what was expected."""
    if len(text.encode()) > MOST_BYTES:
        raise RefusedError("a register's declaration has at most %(most)s kB", most=MOST_BYTES // 1024)
    try:
        return Register.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise RefusedError("the declaration of the register: %(wrong)s", wrong=_fault(error)) from None
    except (ValueError, RecursionError) as error:
        why = "brackets within brackets" if isinstance(error, RecursionError) else str(error)
        raise RefusedError("the declaration of the register is not TOML: %(wrong)s", wrong=why) from None


def _fault(error: ValidationError) -> str:
    """The first fault in one line: the place, what is there, what was expected."""
    first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(f"{each + 1}" if isinstance(each, int) else str(each) for each in first["loc"])
    found = first.get("input")
    words = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        words = "no such key"
    elif not isinstance(found, (dict, BaseModel)) and first["type"] != "value_error":
        words = f"{words}, found {str(found)[:60]!r}"
    return f"{place}: {words}" if place else words
