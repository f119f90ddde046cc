"""The fields that an operation declares: asked at the gate's screen, kept as personal values with commitments, and nothing else is taken."""

from dataclasses import replace

import pytest

from edge.contract.policy import ExtraField, FieldMask, Policy, Term
from edge.kiosk.registration import asked_fields, shown_fields
from edge.kiosk.words import FIELDS
from tests.contract.samples import POLICY
from tests.edge.gates import TestTown
from tests.edge.kiosk.test_app import Screen, TownDesk

CERTIFICATE = ExtraField(id="x_certificate", zh="检疫证明号", en="Certificate no.", keys="digits")
FIRE = ExtraField(
    id="x_fire_means", zh="火种", en="Fire means", mask=FieldMask.NONE,
    choices=(Term(zh="暂存", en="left here"), Term(zh="领回", en="given back")),
)  # fmt: skip
DECLARING = POLICY.model_copy(update={"fields": (CERTIFICATE, FIRE)})


@pytest.fixture
def declaring() -> Screen:
    screen = Screen(TownDesk(TestTown()))
    rules = screen.desk.made.rules
    assert rules.policy is not None
    policy = rules.policy.model_copy(update={"fields": DECLARING.fields})
    screen.desk.made.rules = replace(rules, policy=policy)
    return screen


def test_the_form_asks_them_after_those_of_every_operation(declaring: Screen) -> None:
    page = declaring.get("/register?lane=1")
    assert "检疫证明号 Certificate no." in page
    assert 'name="x_certificate" maxlength="100" autocomplete="off" value="" data-board="digits"' in page
    assert page.index('name="origin"') < page.index('name="x_certificate"') < page.index('name="x_fire_means"')
    assert 'data-offers="x_fire_means"' in page
    assert '<button type="button" aria-pressed="false">暂存</button>' in page
    assert "left here" in declaring.get("/register?lane=1&lang=en")


def test_what_is_typed_stands_in_the_record_as_a_personal_value(declaring: Screen) -> None:
    declaring.desk.made.arrive()
    status, _page = declaring.post(
        "/register", lane="1", plate="鲁B12345", vehicle_class="resident", direction="in", origin="青岛",
        x_certificate="3702123", x_fire_means="暂存", x_unasked="no",
    )  # fmt: skip
    entry = declaring.desk.made.journal.entries[0]
    assert status == 200
    assert entry.private == {"plate": "鲁B12345", "origin": "青岛", "x_certificate": "3702123", "x_fire_means": "暂存"}


def test_a_form_that_is_refused_keeps_them(declaring: Screen) -> None:
    status, page = declaring.post(
        "/register", lane="1", plate="鲁B1", vehicle_class="spaceship", x_certificate="3702123"
    )
    assert status == 400
    assert 'value="3702123"' in page


def test_an_operation_that_declares_none_asks_what_it_always_asked() -> None:
    assert asked_fields(POLICY) == ["origin", "destination"]
    assert asked_fields(None) == []
    assert [each.words for each in shown_fields(POLICY, {})] == [FIELDS["origin"], FIELDS["destination"]]


def test_nothing_that_was_typed_before_is_offered_beside_a_declared_field() -> None:
    (found,) = [
        each for each in shown_fields(DECLARING, {"x_certificate": ("3702123",)}) if each.name == "x_certificate"
    ]
    assert found.offers == ()


def test_a_policy_of_a_newer_hub_is_read_by_what_is_known_of_it() -> None:
    data = DECLARING.model_dump(mode="json") | {"of_tomorrow": 1}
    data["fields"][0]["of_tomorrow"] = 2
    assert Policy.model_validate_json(Policy(**data).model_dump_json()).fields == DECLARING.fields
