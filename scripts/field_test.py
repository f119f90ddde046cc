"""A hub and a gate on bare Debian roots, installed from an offline kit without any network: `scripts/test-field`.

Each step is a row of the table: what was done, how long it took, or the line that says why it failed. A root is a chroot in a network
namespace of its own that has no route anywhere; systemd does not run in it, as when an image for a card is made.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from scripts.offline_kit import TOP, Plan, put_release, sign
from scripts.offline_kit import make as make_kit

MIRROR, SECURITY = "http://deb.debian.org/debian", "http://deb.debian.org/debian-security"
HUB, GATE = "/var/lib/kakou-hub", "/var/lib/kakou-gate"
PATIENCE = 900


class StepError(Exception):
    """A step did not do what it promises; the text is one line."""


def expect(holds: bool, what: str) -> None:
    """`StepError` unless it holds."""
    if not holds:
        raise StepError(what)


class Machine:
    """A bare Debian root without a network."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *command: str, status: int = 0) -> str:
        """Runs a command in the root; what it printed, or `StepError` if it ends with another status."""
        within = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
        done = subprocess.run(
            ["unshare", "--net", "--mount", "--", "sh", "-c", within, str(self.root), *command],
            capture_output=True, text=True, check=False, timeout=PATIENCE,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        said = done.stdout + done.stderr
        expect(done.returncode == status, f"{' '.join(command)}: exit status {done.returncode}: {said.strip()[-300:]}")
        return said

    def path(self, inside: str) -> Path:
        """A file of the root, from outside."""
        return self.root / inside.lstrip("/")


class Field:
    """The work folder with the kits and roots, and the steps in their order."""

    def __init__(self, work: Path, kit: Path | None) -> None:
        self.work = work
        self.archive = kit or work / "kakou-kit.tar"
        self.hub, self.gate = Machine(work / "hub"), Machine(work / "gate")

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """What is done, with the words of the table."""
        return [
            ("bare roots of Debian 12", self.make_roots),
            ("offline kit", self.make_kit),
            ("hub: installed from the kit, no network", self.install_hub),
            ("hub: again, nothing changes", lambda: self.nothing_changes(self.hub, "hub")),
            ("gate: added, bundled, installed, no network", self.install_gate),
            ("gate: again, nothing changes", lambda: self.nothing_changes(self.gate, "gate")),
            ("gate: reads a pass that the hub issued", self.scan_a_pass),
            ("hub: a unit and a program file damaged, mended", self.mend),
            ("hub: options of another town refused", self.other_options),
            ("hub: kit of a strange key refused", self.strange_kit),
            ("hub: updated from a newer kit, data kept", self.update),
            ("hub: removed, data kept, installed again", self.remove_and_return),
            ("gate: removed with its data", self.remove_for_ever),
        ]

    def make_roots(self) -> None:
        """Two roots with what every Debian has and nothing more."""
        bare = self.work / "bare"
        done = subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=minbase", "bookworm", str(bare), MIRROR],
            capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        expect(done.returncode == 0, f"mmdebstrap: {done.stderr.strip()[-200:]}")
        for machine in (self.hub, self.gate):
            subprocess.run(["cp", "-a", str(bare), str(machine.root)], check=True)
        shutil.rmtree(bare)

    def make_kit(self) -> None:
        """One kit for this machine's kind, and its copy in each root."""
        if not self.archive.exists():
            kind = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout
            plan = Plan(("bookworm",), (kind.strip(),), ("hub", "gate"), MIRROR, SECURITY)
            make_kit(plan, self.work / "key", self.archive)
        for machine in (self.hub, self.gate):
            subprocess.run(["tar", "-C", str(machine.root), "-xf", str(self.archive)], check=True)

    def install_hub(self) -> None:
        """The one command; units are enabled though systemd does not run, and Debian's broker is not."""
        said = self.hub.run(f"/{TOP}/install-hub", "--host", "192.168.1.10", "--town", "our-town")
        expect("backup key" in said, f"the first installation shows the backup key once: {said[-200:]}")
        wanted = self.hub.path("/etc/systemd/system/multi-user.target.wants/kakou-web.service")
        expect(wanted.is_symlink(), "kakou-web.service is not enabled")
        expect(
            str(self.hub.path("/etc/systemd/system/mosquitto.service").readlink()) == "/dev/null",
            "mosquitto is not masked",
        )
        self.hub.run("/usr/local/bin/kakou-hub", "--data", HUB, "verify")

    def nothing_changes(self, machine: Machine, role: str) -> None:
        """--check of what is there, without the options of the first time."""
        said = machine.run(f"/{TOP}/install-{role}", "--check")
        expect("nothing would change" in said, said.strip()[-200:])

    def install_gate(self) -> None:
        """From the hub's bundle, on a machine without camera and pins."""
        hub = ("/usr/local/bin/kakou-hub", "--data", HUB)
        self.hub.run(*hub, "gate", "add", "east", "--zh", "东卡口", "--en", "East gate")
        self.hub.run(*hub, "operation", "publish")
        self.hub.run("sh", "-c", f"umask 077 && {' '.join(hub)} gate bundle east --out - >/root/east.json")
        shutil.copy(self.hub.path("/root/east.json"), self.gate.path("/root/east.json"))
        said = self.gate.run(f"/{TOP}/install-gate", "--bundle", "/root/east.json", "--no-screen")
        expect("still missing" in said, "the installer names what is missing")
        chrony = self.gate.path("/etc/chrony/kakou.conf").read_text()
        expect("server 192.168.1.10 iburst prefer" in chrony, "the hub is not the gate's time server")
        self.gate.run("chronyd", "-p", "-f", "/etc/chrony/kakou.conf")
        expect((self.gate.path(GATE).stat().st_mode & 0o777) == 0o700, "the gate's folder is open")
        refused = self.gate.run(f"/{TOP}/install-gate", "--bundle", "/root/east.json", "--check")
        expect("nothing would change" in refused, "the same bundle again is nothing new")

    def scan_a_pass(self) -> None:
        """The gate's own program reads the printed code of a pass."""
        hub = ("/usr/local/bin/kakou-hub", "--data", HUB)
        self.hub.run(*hub, "pass", "issue", "--plate", "鲁B12345", "--class", "resident", "--png", f"{HUB}/pass.png")
        shutil.copy(self.hub.path(f"{HUB}/pass.png"), self.gate.path("/srv/pass.png"))
        self.gate.path("/srv/pass.png").chmod(0o644)
        said = self.gate.run("/usr/local/bin/kakou-gate", "--data", GATE, "scan", "/srv/pass.png")
        expect('"reason": "disinfection_due"' in said, f"the pass is not read: {said.strip()[-200:]}")

    def mend(self) -> None:
        """--check names both, a run mends both."""
        unit = self.hub.path("/etc/systemd/system/kakou-web.service")
        unit.write_text("[Service]\nExecStart=/bin/false\n")
        program = self.hub.path("/opt/kakou/hub").readlink()
        (self.hub.path("/opt/kakou") / program / "src/hub/cli.py").write_text("")
        said = self.hub.run(f"/{TOP}/install-hub", "--check", status=2)
        expect("rewrite /etc/systemd/system/kakou-web.service" in said, said[-200:])
        expect("would make /opt/kakou/releases/hub-" in said, said[-200:])
        self.hub.run(f"/{TOP}/install-hub")
        self.nothing_changes(self.hub, "hub")

    def other_options(self) -> None:
        """No option is passed over in silence."""
        for option, value in (("--host", "192.168.9.9"), ("--town", "another"), ("--web", "0.0.0.0")):  # noqa: S104
            said = self.hub.run(f"/{TOP}/install-hub", option, value, status=1)
            expect(f"{option} {value}: this hub was made with" in said, said[-200:])

    def signed_anew(self, machine: Machine, key: Path, version: str) -> str:
        """Puts a kit beside the first one, with this project as another version, signed by a key. Returns its folder."""
        first, second = machine.path(f"/{TOP}"), machine.path(f"/{TOP}-{version}")
        shutil.rmtree(second, ignore_errors=True)
        subprocess.run(["cp", "-al", str(first), str(second)], check=True)
        for name in ("SHA256SUMS", "SHA256SUMS.sig", "release.gpg", "release.tar"):
            (second / name).unlink()
        with tempfile.TemporaryDirectory(dir=self.work) as name:
            put_release(Path(name) / "first.tar")
            subprocess.run(["tar", "-C", name, "-xf", f"{name}/first.tar"], check=True)
            project = Path(name) / "release" / "pyproject.toml"
            project.write_text(project.read_text().replace('version = "0.1.0"', f'version = "{version}"'))
            subprocess.run(["tar", "-C", name, "-cf", str(second / "release.tar"), "release"], check=True)
        sign(second, key)
        return f"/{TOP}-{version}"

    def strange_kit(self) -> None:
        """Somebody else's kit is not taken, whatever it holds."""
        kit = self.signed_anew(self.hub, self.work / "strange", "0.9.0")
        before = self.hub.path("/opt/kakou/hub").readlink()
        said = self.hub.run(f"{kit}/install-hub", status=1)
        expect("not signed by the release key of /etc/kakou/release.gpg" in said, said[-200:])
        expect(self.hub.path("/opt/kakou/hub").readlink() == before, "the program changed")

    def update(self) -> None:
        """The newer release runs, the one before is kept, the ledger verifies."""
        kit = self.signed_anew(self.hub, self.work / "key", "0.2.0")
        before = self.hub.path("/opt/kakou/hub").readlink()
        self.hub.run(f"{kit}/install-hub")
        expect("hub-0.2.0-" in str(self.hub.path("/opt/kakou/hub").readlink()), "the newer release does not run")
        expect(self.hub.path("/opt/kakou/hub.before").readlink() == before, "the release before is gone")
        self.hub.run("/usr/local/bin/kakou-hub", "--data", HUB, "verify")

    def remove_and_return(self) -> None:
        """Nothing of the program stays, all of the town does."""
        self.hub.run(f"/{TOP}/install-hub", "--uninstall")
        expect(not self.hub.path("/opt/kakou").exists(), "/opt/kakou is still there")
        units = [path.name for path in self.hub.path("/etc/systemd/system").rglob("kakou-*")]
        expect(not units, f"units are still there: {units}")
        self.hub.run(f"/{TOP}/install-hub")
        gates = self.hub.run("/usr/local/bin/kakou-hub", "--data", HUB, "gate", "list")
        expect("east" in gates, f"the town's gate is gone: {gates[-200:]}")

    def remove_for_ever(self) -> None:
        """With --with-data the data and the user go too."""
        self.gate.run(f"/{TOP}/install-gate", "--uninstall", "--with-data")
        expect(not self.gate.path(GATE).exists(), "the data are still there")
        expect("kakou-gate" not in self.gate.path("/etc/passwd").read_text(), "the user is still there")


def walk(field: Field) -> int:
    """Takes the steps one by one, prints a row for each; ends at the first that fails."""
    began = time.monotonic()
    for words, step in field.steps():
        start = time.monotonic()
        try:
            step()
        except (StepError, OSError, subprocess.SubprocessError) as error:
            print(f"FAULT {time.monotonic() - start:7.1f} s  {words}: {error}", flush=True)
            return 1
        print(f"ok    {time.monotonic() - start:7.1f} s  {words}", flush=True)
    print(f"all   {time.monotonic() - began:7.1f} s")
    return 0


def main(arguments: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="test-field", allow_abbrev=False)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--kit", type=Path)
    given = parser.parse_args(arguments)
    missing = [each for each in ("mmdebstrap", "unshare", "chroot", "gpg") if shutil.which(each) is None]
    probe = subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, check=False)
    if missing or probe.returncode:
        print(
            f"test-field: skipped: {'missing: ' + ', '.join(missing) if missing else 'must be root'}", file=sys.stderr
        )
        return 77
    if given.work is not None:
        given.work.mkdir(parents=True, exist_ok=True)
        return walk(Field(given.work.resolve(), given.kit))
    with tempfile.TemporaryDirectory(prefix="kakou-field-", dir="/var/tmp") as name:
        return walk(Field(Path(name), given.kit))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
