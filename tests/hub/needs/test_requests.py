"""What holds for a request beside its declaration: somebody signs for a delivery, a trip that set out is not refused."""

import pytest

from hub.errors import RefusedError
from hub.registers.rows import Draft, Links
from tests.hub.needs.asked import ask, keeper, writer
from tests.hub.towns import NOW, Place

AT = "2026-03-01T05:00:00.000Z"


def test_a_need_with_no_person_is_one_clear_line(place: Place) -> None:
    with place.engine.begin() as connection:
        draft = Draft({"need": "food", "caller": "王伟", "due": AT})
        with pytest.raises(
            RefusedError,
            match=r"^register 'need_requests': a row belongs to one of 'special_needs', and none was named$",
        ):
            keeper(connection).add(connection, draft, writer(place))
        with pytest.raises(RefusedError, match=r"^register 'special_needs': there is no row 77$"):
            keeper(connection).add(connection, Draft(draft.values, Links(parent=77)), writer(place))


def test_a_delivery_is_signed_for_and_a_followed_up_one_is_closed(place: Place) -> None:
    row = ask(place)
    with place.engine.begin() as connection:
        requests, who = keeper(connection), writer(place)
        row = requests.move(connection, row, "on_the_way", who, version=row.version)
        with pytest.raises(RefusedError, match="签收人 Signed for by: needed for this step"):
            requests.move(connection, row, "delivered", who, version=row.version, values={"delivered_at": AT})
        signed = {"delivered_at": AT, "signed_by": "孙桂兰"}
        row = requests.move(connection, row, "delivered", who, version=row.version, values=signed)
        assert row.due_at == "2026-03-02T04:30:00.000Z", "a day for the follow-up call, whatever was due before"
        with pytest.raises(RefusedError, match="回访情况 Follow-up call: needed for this step"):
            requests.move(connection, row, "closed", who, version=row.version)
        row = requests.move(connection, row, "closed", who, version=row.version, values={"follow_up": "all is well"})
    assert (row.state, row.due_at) == ("closed", None)


def test_a_request_is_refused_with_a_reason_and_not_while_its_vehicle_is_out(place: Place) -> None:
    row = ask(place)
    with place.engine.begin() as connection:
        requests, who = keeper(connection), writer(place, now=NOW)
        with pytest.raises(RefusedError, match="give a reason"):
            requests.move(connection, row, "refused", who, version=row.version)
        out = requests.change(connection, row, Draft({**row.values, "out_at": AT}, row.links), who, version=row.version)
        with pytest.raises(RefusedError, match="its vehicle has set out"):
            requests.move(connection, out, "refused", who, version=out.version, why="no")
