"""Makes the offline kit, one tar: `python -m scripts.offline_kit --key DIR`; see scripts/make-offline-kit for people.

    kakou-kit/install-hub, install-gate   unpack the release and start its installer with --from
    kakou-kit/release.tar                 the project's files
    kakou-kit/wheels/                     Python packages, as requirements.lock pins them by hash, for each Python and machine
    kakou-kit/debs/SUITE-MACHINE/         Debian packages and their index: an archive that apt reads
    kakou-kit/SHA256SUMS, SHA256SUMS.sig  of everything above, signed (OpenPGP); release.gpg is the public half of the key

The signature is OpenPGP because every Debian can check it before anything is installed: apt needs gpgv or sqv itself.
"""

import argparse
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from scripts.locked import ROOT, blocks, locked, read

SUITES = {"bookworm": "3.11", "trixie": "3.13"}
"""The systems that a kit serves, each with its Python."""
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Debian's word for a machine, and Python's."""
PARTS = ("hub", "gate", "screen")
GLIBC = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
"""Debian 12 has glibc 2.36."""
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
RELEASE = (
    "edge",
    "hub",
    "firmware_config",
    "scripts",
    "systemd",
    "pyproject.toml",
    "requirements.lock",
    "README.md",
    "LICENSE",
)
"""What an installer needs of the project; the pages that README.md links to come beside."""
TOP = "kakou-kit"


class KitError(Exception):
    """The kit cannot be made; the text is one line."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes into a kit."""

    suites: tuple[str, ...]
    machines: tuple[str, ...]
    parts: tuple[str, ...]
    mirror: str
    security: str


# -- Python packages -------------------------------------------------------------------------------------------------------


def environment(python: str, machine: str) -> dict[str, str]:
    """The values of a lock's markers on a Linux machine (PEP 508)."""
    return {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": machine,
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def for_target(lock: str, python: str, machine: str) -> str:
    """The pins of a lock that hold on a machine, without their markers: pip would evaluate those for the machine it runs on."""
    kept = []
    for _, block, _ in blocks(lock):
        pin, *hashes = block.split("\n")
        requirement = Requirement(pin.rstrip("\\ "))
        if requirement.marker is None or requirement.marker.evaluate(environment(python, machine)):
            kept.append("\n".join((re.sub(r" ; .*?(?= \\$|$)", "", pin), *hashes)))
    return "\n".join(kept)


def extras_of(parts: Iterable[str]) -> list[str]:
    """The extras of pyproject.toml that the parts of a kit need; a hub may need the driver of PostgreSQL."""
    return [extra for part in parts for extra in {"hub": ["hub", "postgres"], "gate": ["gate"]}.get(part, [])]


def download_wheels(plan: Plan, folder: Path) -> None:
    """Every wheel that a role needs on any of the plan's systems, by the lock's hashes; `KitError` in one line."""
    pins = locked(read("requirements.lock"), read("pyproject.toml"), extras_of(plan.parts))
    for python in sorted({SUITES[suite] for suite in plan.suites}):
        for machine in (MACHINES[each] for each in plan.machines):
            wanted = folder.parent / f"lock-{python}-{machine}"
            wanted.write_text(for_target(pins, python, machine), encoding="utf-8")
            platforms = [f"--platform={glibc}_{machine}" for glibc in GLIBC]
            pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
            pip += ["--require-hashes", "--only-binary=:all:", f"--python-version={python}", *platforms]
            run(f"Python packages for {python} on {machine}", [*pip, "--dest", str(folder), "-r", str(wanted)])
            wanted.unlink()


# -- Debian packages -------------------------------------------------------------------------------------------------------


def packages_of(parts: Iterable[str]) -> list[str]:
    """The Debian packages of scripts/debian-packages.txt for some parts."""
    wanted = {"both", *parts}
    lines = [line.split() for line in read("scripts/debian-packages.txt").splitlines() if line and line[0] != "#"]
    return list(dict.fromkeys(name for part, *names in lines if part in wanted for name in names))


def download_debs(plan: Plan, suite: str, machine: str, folder: Path) -> None:
    """Downloads the packages and all that they need, down to libc: what the machine itself holds is not known here."""
    with tempfile.TemporaryDirectory(prefix="kakou-apt-") as name:
        private = Path(name)
        options = apt_folder(plan, suite, machine, private)
        what = f"Debian packages for {suite} on {machine}"
        run(what, ["apt-get", "-q", *options, "update"])
        install = ["apt-get", "-q", "-y", *options, "install", "--download-only", "--no-install-recommends"]
        run(what, [*install, *packages_of(plan.parts)])
        folder.mkdir(parents=True)
        for deb in sorted((private / "var/cache/apt/archives").glob("*.deb")):
            deb.rename(folder / deb.name.replace("%3a", "-"))
    (folder / "Packages").write_text(index(folder), encoding="utf-8")


def apt_folder(plan: Plan, suite: str, machine: str, private: Path) -> list[str]:
    """Makes an apt of its own that knows nothing installed, for another system or machine. Returns its options."""
    for each in (
        "etc/apt/apt.conf.d",
        "etc/apt/preferences.d",
        "var/lib/apt/lists/partial",
        "var/cache/apt/archives/partial",
        "var/lib/dpkg",
    ):
        (private / each).mkdir(parents=True)
    (private / "var/lib/dpkg/status").touch()
    signed = f"[signed-by={KEYRING}]"
    (private / "etc/apt/sources.list").write_text(
        f"deb {signed} {plan.mirror} {suite} main\n"
        f"deb {signed} {plan.mirror} {suite}-updates main\n"
        f"deb {signed} {plan.security} {suite}-security main\n",
        encoding="utf-8",
    )
    settings = {
        "Dir": private,
        "Dir::State::status": private / "var/lib/dpkg/status",
        "APT::Architecture": machine,
        "APT::Architectures": machine,
        "APT::Get::Assume-Yes": "true",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Debug::NoLocking": "true",
    }
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def index(folder: Path) -> str:
    """The index that apt reads (`Packages`): each package's own fields, and its file, size and SHA-256."""
    entries = []
    for deb in sorted(folder.glob("*.deb")):
        fields = run(deb.name, ["dpkg-deb", "-f", str(deb)]).rstrip("\n")
        entries.append(f"{fields}\nFilename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {sha256(deb)}\n")
    return "\n".join(entries)


# -- the release, sums, signature ------------------------------------------------------------------------------------------


def put_release(target: Path) -> None:
    """The project's files as one tar, the same bytes for the same files."""
    pages = run("linked pages", [sys.executable, str(ROOT / "scripts" / "linked.py")]).split()
    files = {
        path for name in RELEASE for path in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*"))
    }
    files |= {ROOT / page for page in pages}
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(files):
            if path.is_file() and "__pycache__" not in path.parts:
                add(tar, path.relative_to(ROOT).as_posix(), path.read_bytes(), executable=os.access(path, os.X_OK))


def add(tar: tarfile.TarFile, name: str, data: bytes, *, executable: bool) -> None:
    """One file of root, without a time."""
    entry = tarfile.TarInfo(f"release/{name}")
    entry.size, entry.mode = len(data), 0o755 if executable else 0o644
    tar.addfile(entry, io.BytesIO(data))


def launcher(role: str) -> str:
    """The script that starts an installation from the unpacked kit; the installer checks sums and signature itself."""
    return f"""#!/bin/sh
# Installs a {role} from this kit, without a network: sudo ./install-{role} --help
set -eu
kit=$(cd "$(dirname "$0")" && pwd)
release=$(mktemp -d)
trap 'rm -rf "$release"' EXIT
tar -C "$release" -xf "$kit/release.tar"
"$release/release/scripts/install-{role}" --from "$kit" "$@"
"""


def sign(folder: Path, key: Path) -> str:
    """Signs the sums of all files with the release key, which is made if there is none. Returns what names the public half."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = "".join(f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")
    gpg = ["gpg", "--homedir", str(key), "--batch", "--quiet", "--no-tty"]
    if not key.exists():
        key.mkdir(mode=0o700, parents=True)
        run("release key", [*gpg, "--passphrase", "", "--quick-gen-key", "Kakou release", "ed25519", "sign", "never"])
    run("release key", [*gpg, "--output", str(folder / "release.gpg"), "--export"])
    if not (folder / "release.gpg").exists():
        raise KitError(f"{key}: there is no key in it")
    run("signature", [*gpg, "--output", str(folder / "SHA256SUMS.sig"), "--detach-sign", str(folder / "SHA256SUMS")])
    return sha256(folder / "release.gpg")


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(what: str, command: list[str]) -> str:
    """Runs a command; its output, or `KitError` with the line in which it says why it failed."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"}
        )
    except FileNotFoundError:
        raise KitError(f"{what}: {command[0]} is missing: apt-get install apt gnupg") from None
    if done.returncode:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        why = next(
            (line for line in lines if re.match(r"E:|ERROR|gpg: .*(fail|not|no )", line)), lines[-1] if lines else "?"
        )
        raise KitError(f"{what}: {why}")
    return done.stdout


def make(plan: Plan, key: Path, out: Path) -> str:
    """Makes the kit. Returns what names the public half of the key that signed it."""
    with tempfile.TemporaryDirectory(prefix="kakou-kit-", dir=out.parent) as name:
        folder = Path(name) / TOP
        folder.mkdir()
        put_release(folder / "release.tar")
        for role in {"hub", "gate"} & set(plan.parts):
            (folder / f"install-{role}").write_text(launcher(role), encoding="utf-8")
            (folder / f"install-{role}").chmod(0o755)
        (folder / "wheels").mkdir()
        download_wheels(plan, folder / "wheels")
        for suite in plan.suites:
            for machine in plan.machines:
                download_debs(plan, suite, machine, folder / "debs" / f"{suite}-{machine}")
        named = sign(folder, key)
        with tarfile.open(Path(name) / "kit.tar", "w") as tar:
            tar.add(folder, TOP, filter=of_root)
        (Path(name) / "kit.tar").rename(out)
    return named


def of_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """The file as root's, whoever made the kit."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(prog="make-offline-kit", allow_abbrev=False)
    version = re.search(r'^version = "(.+)"', read("pyproject.toml"), re.MULTILINE)
    assert version is not None
    made.add_argument("--key", type=Path, required=True)
    made.add_argument("--out", type=Path, default=Path(f"kakou-kit-{version.group(1)}.tar"))
    made.add_argument("--suites", default=",".join(SUITES))
    made.add_argument("--machines", default=",".join(MACHINES))
    made.add_argument("--parts", default=",".join(PARTS))
    made.add_argument("--mirror", default="http://deb.debian.org/debian")
    made.add_argument("--security", default="http://deb.debian.org/debian-security")
    return made


def chosen(option: str, text: str, known: Iterable[str]) -> tuple[str, ...]:
    """The words of a list with commas; `KitError` for one that is not known."""
    words = tuple(dict.fromkeys(text.split(",")))
    if strange := [word for word in words if word not in known]:
        raise KitError(f"--{option}: expected some of {', '.join(known)}, found {strange[0]!r}")
    return words


def main(arguments: list[str]) -> int:
    """The command."""
    given = parser().parse_args(arguments)
    try:
        plan = Plan(
            chosen("suites", given.suites, SUITES),
            chosen("machines", given.machines, MACHINES),
            chosen("parts", given.parts, PARTS),
            given.mirror,
            given.security,
        )
        named = make(plan, given.key.resolve(), given.out.resolve())
    except (KitError, OSError) as error:
        print(f"make-offline-kit: {error}", file=sys.stderr)
        return 1
    print(f"make-offline-kit: {given.out} ({given.out.stat().st_size // 1_000_000} MB), signed by {named}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
