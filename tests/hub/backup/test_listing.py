"""Which backups there are: recorded and there, gone, of another size, of somebody else."""

from datetime import timedelta

import pytest

from hub.backup import listing
from hub.backup.make import dated
from hub.errors import RefusedError
from tests.hub.backup.test_due import made
from tests.hub.towns import NOW, Place


def listed(place: Place) -> dict[str, listing.Listed]:
    with place.engine.begin() as connection:
        return {each.file: each for each in listing.every(connection, place.town.settings)}


def test_a_recorded_one_is_proven_while_its_file_is_as_it_was(place: Place) -> None:
    assert listed(place) == {}
    old, file = made(place, NOW - timedelta(hours=3)), made(place, NOW)
    assert [(each.proven, each.there) for each in listed(place).values()] == [(True, True), (True, True)]
    file.write_bytes(b"cut off or longer")
    assert not listed(place)[file.name].proven
    file.unlink()
    found = listed(place)[file.name]
    assert (found.proven, found.there) == (False, False)
    old.unlink()
    assert listed(place) == {}, "what was thinned out long ago is no news"


def test_a_file_that_the_hub_did_not_record_is_not_proven(place: Place) -> None:
    file = dated(place.town, NOW)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"x")
    found = listed(place)[file.name]
    assert (found.proven, found.at, found.entries, found.bytes) == (False, None, None, 1)


@pytest.mark.parametrize("name", ["../hub.toml", "hub.toml", "", "demo-x.kakou-backup.age/..", "nowhere"])
def test_only_a_backup_of_the_folder_is_a_file_to_take_away(place: Place, name: str) -> None:
    file = made(place, NOW)
    assert listing.file_of(place.town.settings, file.name) == file
    with pytest.raises(RefusedError, match="not in the folder any more"):
        listing.file_of(place.town.settings, name)
