"""Whoever breaks into the broker owns its folder: no link, pipe or device in it leads root or the hub anywhere else (faults C)."""

import os
import pwd
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import untrusted_folder
from hub.broker import mosquitto
from hub.broker.access import Reload, holds
from tests.hub.towns import Place
from tests.hub.wire import let_gates_in, with_ports

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands files over")
SECRET = b"root:secret\n"


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file of root's that lies elsewhere."""
    path = tmp_path / "shadow"
    path.write_bytes(SECRET)
    path.chmod(0o600)
    return path


@pytest.fixture
def odd(tmp_path: Path, victim: Path) -> Iterator[dict[str, Path]]:
    """Whatever can stand where a file was meant."""
    folder = tmp_path / "odd"
    folder.mkdir()
    found = {
        name: folder / name for name in ("symlink", "dangling", "loop", "pipe", "socket", "folder", "none", "large")
    }
    found["symlink"].symlink_to(victim)
    found["dangling"].symlink_to(folder / "nowhere")
    found["loop"].symlink_to(found["loop"])
    os.mkfifo(found["pipe"])
    found["folder"].mkdir()
    found["large"].write_bytes(b"x" * 101)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.fspath(found["socket"]))
        yield found


def test_only_a_plain_file_is_read(odd: dict[str, Path], tmp_path: Path) -> None:
    for name in ("symlink", "dangling", "loop", "pipe", "folder", "none", "large"):
        assert untrusted_folder.read(odd[name], 100) is None, name
    with pytest.raises(OSError, match="No such device"):
        untrusted_folder.read(odd["socket"], 100)
    plain = tmp_path / "plain"
    plain.write_bytes(b"here")
    assert untrusted_folder.read(plain, 4) == b"here"
    assert untrusted_folder.read(plain, 3) is None


@as_root
def test_links_in_the_brokers_folder_give_nothing_away(place: Place, victim: Path) -> None:
    settings = with_ports(place, user="mosquitto")
    mosquitto.write(settings)
    folder = mosquitto.folder(settings)
    (folder / "data" / "deep").mkdir(parents=True)
    (folder / "data" / "deep" / "plain").write_bytes(b"")
    (folder / "symlink").symlink_to(victim)
    (folder / "data" / "elsewhere").symlink_to(victim.parent)
    os.link(victim, folder / "hard")
    os.mkfifo(folder / "pipe")
    open_to_all = Path("/var/tmp") / f"kakou-test-{os.getpid()}-links"
    shutil.copytree(
        place.folder, open_to_all, symlinks=True, copy_function=shutil.copy2, ignore=lambda *_: ["pipe", "hard"]
    )
    os.link(victim, open_to_all / "broker" / "hard")
    try:
        open_to_all.chmod(0o711)
        mosquitto.hand_over(settings.model_copy(update={"folder": open_to_all}))
        user = pwd.getpwnam("mosquitto").pw_uid
        assert (open_to_all / "broker" / "data" / "deep" / "plain").stat().st_uid == user
        assert (open_to_all / "broker" / "mosquitto.conf").stat().st_uid == user
        assert victim.stat().st_uid == os.geteuid()
        assert victim.parent.stat().st_uid == os.geteuid()
    finally:
        shutil.rmtree(open_to_all)


@pytest.mark.parametrize("name", ["mosquitto.conf", "mosquitto.conf.new", "acl", "acl.new"])
@pytest.mark.parametrize("kind", ["symlink", "hard", "pipe"])
def test_the_brokers_files_are_never_written_through_a_link(place: Place, victim: Path, name: str, kind: str) -> None:
    settings = with_ports(place)
    let_gates_in(settings)
    file = mosquitto.folder(settings) / name
    file.unlink(missing_ok=True)
    match kind:
        case "symlink":
            file.symlink_to(victim)
        case "hard":
            os.link(victim, file)
        case _:
            os.mkfifo(file)
    mosquitto.write(settings)
    Reload(place.folder).poll(lambda: None)
    assert victim.read_bytes() == SECRET
    assert (victim.stat().st_mode & 0o777, victim.stat().st_nlink) == (0o600, 1)
    assert holds(mosquitto.folder(settings) / "mosquitto.conf", mosquitto.configuration(settings).encode())
    assert (mosquitto.folder(settings) / "acl").read_text() == mosquitto.access_list(place.gates)
