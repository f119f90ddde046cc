"""The offline kit: what is in it, what an installer refuses of it, and that apt reads it. scripts/test-field installs from a whole one."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.locked import blocks, locked, read
from scripts.offline_kit import (
    KitError,
    chosen,
    extras_of,
    for_target,
    index,
    launcher,
    main,
    packages_of,
    put_release,
    sha256,
    sign,
)

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
needs_debian = pytest.mark.skipif(
    any(shutil.which(each) is None for each in ("gpg", "gpg-agent", "gpgv", "dpkg-deb", "apt-get")),
    reason="gpg, gpg-agent, gpgv, dpkg-deb or apt-get is missing: a kit is made and read on Debian",
)


def system() -> str:
    """What the installer calls this machine."""
    script = '. /etc/os-release; echo "$VERSION_CODENAME-$(dpkg --print-architecture)"'
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def package(folder: Path) -> None:
    """A Debian package that exists nowhere else."""
    control = folder / "tree" / "DEBIAN" / "control"
    control.parent.mkdir(parents=True)
    control.write_text(
        "Package: kakou-proof\nVersion: 1.5\nArchitecture: all\nMaintainer: nobody <nobody@example>\nDescription: proof\n"
    )
    subprocess.run(["dpkg-deb", "-b", folder / "tree", folder / "kakou-proof.deb"], check=True, capture_output=True)
    shutil.rmtree(folder / "tree")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole, signed kit for this machine with one small package, and its key beside it."""
    kit = tmp_path_factory.mktemp("made") / "kakou-kit"
    debs = kit / "debs" / system()
    debs.mkdir(parents=True)
    package(debs)
    (debs / "Packages").write_text(index(debs))
    (kit / "wheels").mkdir()
    (kit / "wheels" / "one.whl").write_text("a wheel")
    put_release(kit / "release.tar")
    sign(kit, kit.parent / "key")
    return kit


@pytest.fixture
def kit(original: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(original, tmp_path / "kakou-kit"))


def use(kit: Path, then: str = "", expected: str = "") -> subprocess.CompletedProcess[str]:
    """Has the installer take the kit, then runs a line of shell."""
    script = f'set -euo pipefail; role=hub; . "{SCRIPTS}/install-common.sh"; use_kit "$1" "$2"; {then}'
    return subprocess.run(
        ["bash", "-c", script, "bash", str(kit), expected], capture_output=True, text=True, check=False
    )


@needs_debian
def test_a_whole_kit_is_taken_and_says_who_signed_it(kit: Path) -> None:
    done = use(kit, 'ls "$source_dir"; echo "${pip_from[*]}"')
    assert done.returncode == 0, done.stderr
    assert f"the kit is whole; signed by {sha256(kit / 'release.gpg')}" in done.stdout
    assert {"edge", "hub", "scripts", "systemd", "firmware_config", "requirements.lock"} <= set(done.stdout.split())
    assert f"--no-index --find-links {kit}/wheels" in done.stdout


@needs_debian
def test_apt_knows_the_kits_packages_and_no_others(kit: Path) -> None:
    apt = 'apt-get "${apt_from[@]}"'
    done = use(kit, f"{apt} update >&2; {apt} -s install kakou-proof; ! {apt} -s install cowsay 2>&1")
    assert done.returncode == 0, done.stderr
    assert "Inst kakou-proof (1.5" in done.stdout
    assert "Unable to locate package cowsay" in done.stdout


def change_wheel(kit: Path) -> None:
    (kit / "wheels" / "one.whl").write_text("another wheel")


def change_sums(kit: Path) -> None:
    change_wheel(kit)
    sums = (kit / "SHA256SUMS").read_text().splitlines()
    kept = [line for line in sums if not line.endswith("one.whl")]
    (kit / "SHA256SUMS").write_text("\n".join([*kept, f"{sha256(kit / 'wheels' / 'one.whl')}  wheels/one.whl", ""]))


def take_signature(kit: Path) -> None:
    (kit / "SHA256SUMS.sig").unlink()


def take_index(kit: Path) -> None:
    (kit / "debs" / system() / "Packages").unlink()


@needs_debian
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (change_wheel, "wheels/one.whl: is not as the kit's checksums say"),
        (change_sums, "not signed by the release key"),
        (take_signature, "not signed by the release key"),
        (take_index, "Packages: is not as the kit's checksums say"),
    ],
)
def test_a_kit_that_was_changed_is_refused_in_one_line(kit: Path, spoil: Callable[[Path], None], said: str) -> None:
    spoil(kit)
    done = use(kit, "echo taken")
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "taken" not in done.stdout


@needs_debian
def test_a_kit_of_another_key_is_refused_where_the_first_one_is_known(kit: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.gpg"
    shutil.copy(kit / "release.gpg", known)
    for name in ("SHA256SUMS", "SHA256SUMS.sig", "release.gpg"):
        (kit / name).unlink()
    sign(kit, tmp_path / "another-key")
    assert use(kit).returncode == 0
    done = use(kit, expected=str(known))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"not signed by the release key of {known}" in done.stderr


@needs_debian
def test_a_kit_for_other_machines_says_for_which(kit: Path, tmp_path: Path) -> None:
    (kit / "debs" / system()).rename(kit / "debs" / "sid-riscv64")
    for name in ("SHA256SUMS", "SHA256SUMS.sig", "release.gpg"):
        (kit / name).unlink()
    sign(kit, tmp_path / "key")
    done = use(kit)
    assert done.returncode == 1
    assert f"made for sid-riscv64 and not for this machine's {system()}" in done.stderr


@needs_debian
def test_the_kits_own_script_starts_the_release_that_is_in_it(kit: Path) -> None:
    script = kit / "install-gate"
    script.write_text(launcher("gate"))
    done = subprocess.run(["sh", script, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "scripts/install-gate --bundle FILE" in done.stdout


def test_what_is_no_kit_is_one_line(tmp_path: Path) -> None:
    done = use(tmp_path)
    assert (done.returncode, done.stderr) == (
        1, f"install-hub: {tmp_path}: no kit of make-offline-kit (SHA256SUMS is missing)\n",
    )  # fmt: skip


def test_the_packages_of_a_part_are_those_that_its_installer_asks_for() -> None:
    assert {"python3", "python3-venv", "mosquitto", "chrony"} <= set(packages_of(["hub"]))
    assert {"cage", "chromium"} <= set(packages_of(["gate", "screen"])) - set(packages_of(["gate"]))
    script = f'role=gate; . "{SCRIPTS}/install-common.sh"; debian_packages both gate screen'
    said = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert said == packages_of(["gate", "screen"])


@pytest.mark.parametrize(("python", "there"), [("3.11", True), ("3.13", False)])
def test_the_pins_for_a_machine_are_those_whose_markers_hold_there(python: str, there: bool) -> None:
    pins = for_target(locked(read("requirements.lock"), read("pyproject.toml"), extras_of(["gate"])), python, "aarch64")
    names = {name for name, _, _ in blocks(pins)}
    assert ("lgpio" in names) is there
    assert "numpy" in names
    assert " ; " not in pins
    assert all("--hash=sha256:" in block for _, block, _ in blocks(pins))


def test_the_release_is_the_same_bytes_twice(tmp_path: Path) -> None:
    put_release(tmp_path / "one.tar")
    put_release(tmp_path / "two.tar")
    assert sha256(tmp_path / "one.tar") == sha256(tmp_path / "two.tar")


def test_an_unknown_system_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--key", str(tmp_path / "key"), "--suites", "bookworm,potato"]) == 1
    assert capsys.readouterr().err == "make-offline-kit: --suites: expected some of bookworm, trixie, found 'potato'\n"
    assert not (tmp_path / "key").exists()
    with pytest.raises(KitError, match="machines"):
        chosen("machines", "vax", ["amd64"])
