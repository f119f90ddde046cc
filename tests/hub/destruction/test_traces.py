"""What lies in files beside the database is found and destroyed, and nothing else is."""

import json
from pathlib import Path

from edge.contract import wipe
from hub.database.schema import duty_staff, register_rows
from hub.destruction import traces, values
from hub.destruction.values import Values
from tests.hub.destruction.endings import NAME, PHONE, PLATES, filled
from tests.hub.towns import Place


def test_only_the_lines_with_a_value_go_out_of_a_log(place: Place) -> None:
    filled(place)
    with place.engine.begin() as connection:
        found = values.of_town(connection, "demo")
    assert traces.clean_logs(place.town.settings, found) == {"lines": 2, "files": 1}
    assert (place.town.settings.log / "web.log").read_text(encoding="utf-8") == "a line\n"


def test_a_log_that_is_written_to_goes_on(place: Place) -> None:
    file = filled(place).town.settings.log / "web.log"
    with file.open("ab") as out:
        traces.clean_logs(place.town.settings, Values([PLATES[0]]))
        out.write(b"and on\n")
    assert file.read_bytes().endswith(b"and on\n")
    assert PLATES[0].encode() not in file.read_bytes()


def test_what_registers_and_rosters_say_of_persons_goes_out_of_logs_and_days_stay(place: Place) -> None:
    said = {"name": "司马青衫", "phone": "13900001111", "back_on": "2026-03-01", "days": 14, "plates": ["鲁C11111"]}
    with place.engine.begin() as connection:
        row = dict.fromkeys(("facts", "created_at", "created_by", "changed_at", "changed_by"), "")
        connection.execute(
            register_rows.insert().values(
                town="demo", register="persons", number=1, version=1, private=json.dumps(said), **row
            )
        )
        staff = {"id": "s-1", "unit": None, "role": "", "user": None, "gates": "[]", "since": "", "version": 1}
        staff |= {"changed_at": "", "changed_by": "", "name": "诸葛明", "phone": None, "town": "demo"}
        connection.execute(duty_staff.insert().values(**staff))
        found = values.of_town(connection, "demo")
    assert all(found.stands_in(each) for each in ("司马青衫", "13900001111", "鲁C11111", "诸葛明"))
    assert not found.stands_in("2026-03-01T08:00:00Z 14 days")


def test_a_value_is_found_in_every_spelling_and_short_ones_are_not_searched() -> None:
    found = Values([PLATES[0], NAME, PHONE, "2", "12", ""])
    assert found.stands_in(f"x{PLATES[0]}y")
    assert found.stands_in('{"name": "\\u6b27\\u9633\\u9707\\u534e"}')
    assert found.stands_in(PHONE)
    assert found.stands_in("GET /vehicles/%E9%B2%81B12345 200")
    assert not found.stands_in("12 vehicles, 2 lanes")
    assert not Values([])


def test_exports_and_what_was_set_aside_are_destroyed(place: Place) -> None:
    filled(place)
    imports = place.town.settings.imports
    imports.mkdir(exist_ok=True)
    (imports / "i-1").write_text("王小明", encoding="utf-8")
    assert traces.clean_files(place.town.settings) == {"exports": 1, "imports": 1, "set_aside": 1}
    assert not list(imports.iterdir())
    assert not list(place.folder.glob("*.broken-*"))


def test_a_file_is_overwritten_before_it_goes(tmp_path: Path) -> None:
    file, second = tmp_path / "a", tmp_path / "b"
    file.write_bytes(b"secret")
    handle = file.open("rb")
    assert wipe.wipe(file)
    assert handle.read() == bytes(6)
    handle.close()
    assert not wipe.wipe(file)
    second.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_bytes(b"stays")
    assert wipe.wipe(second)
    assert (tmp_path / "elsewhere").read_bytes() == b"stays"


def test_what_an_older_broker_kept_goes(place: Place) -> None:
    data = place.folder / "broker" / "data"
    data.mkdir(parents=True, exist_ok=True)
    (data / "mosquitto.db").write_text(PLATES[0], encoding="utf-8")
    (data / "mosquitto.db.damaged").write_text(PLATES[0], encoding="utf-8")
    assert traces.clean_broker(place.town.settings) == {"destroyed": 2}
    assert not data.exists()
