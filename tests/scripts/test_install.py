"""scripts/install-hub and scripts/install-gate put everything in its place, once, and say in one line what is wrong."""

import re
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def install(role: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPTS / f"install-{role}", *arguments], capture_output=True, text=True, check=False)


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("role", ["hub", "gate"])
def test_a_second_installation_changes_nothing(role: str, tmp_path: Path) -> None:
    config = tmp_path / "boot" / "firmware" / "config.txt"
    config.parent.mkdir(parents=True)
    config.write_text("# the installer's own\ndtparam=audio=off\n")
    assert install(role, "--root", str(tmp_path)).returncode == 0
    first = files(tmp_path)
    assert install(role, "--root", str(tmp_path)).returncode == 0
    assert files(tmp_path) == first


def test_a_hub_gets_its_services_and_its_nightly_backup(tmp_path: Path) -> None:
    install("hub", "--root", str(tmp_path))
    units = {path.name for path in (tmp_path / "etc/systemd/system").iterdir() if path.is_file()}
    assert units == {
        "kakou-broker.service", "kakou-access.service", "kakou-listener.service", "kakou-web.service", "kakou-feed.service",
        "kakou-backup.service", "kakou-backup.timer", "kakou-backup.path", "kakou-report.service", "kakou-report.timer",
    }  # fmt: skip
    assert (tmp_path / "opt/kakou/hub/src/hub/cli.py").exists()
    assert (tmp_path / "usr/lib/sysusers.d/kakou-hub.conf").exists()


def test_a_hub_is_installed_for_setting_it_up_in_the_browser(tmp_path: Path) -> None:
    assert install("hub", "--root", str(tmp_path), "--wizard").returncode == 0
    assert "--wizard" in install("hub", "--help").stdout
    script = (SCRIPTS / "install-hub").read_text()
    assert 'init --town "${town:-town}" --host "$host" --web-host "${web:-127.0.0.1}" "${wizard[@]}"' in script


def test_a_gate_gets_its_service_and_the_firmwares_lines_below_what_was_there(tmp_path: Path) -> None:
    config = tmp_path / "boot" / "firmware" / "config.txt"
    config.parent.mkdir(parents=True)
    config.write_text("dtparam=audio=off\n")
    done = install("gate", "--root", str(tmp_path), "--hub", "192.0.2.7")
    assert "restart the machine" in done.stdout
    text = config.read_text()
    assert text.startswith("dtparam=audio=off\n")
    assert text.count("dtparam=strict_gpiod") == 1
    assert "server 192.0.2.7 iburst" in (tmp_path / "etc/chrony/kakou.conf").read_text()
    assert (tmp_path / "etc/systemd/system/kakou-gate.service").exists()


WIRELESS = ("dtoverlay=disable-wifi", "dtoverlay=disable-bt")


@pytest.mark.parametrize(("option", "off"), [((), True), (("--wifi",), False)])
def test_wifi_is_switched_off_with_a_word_and_stays_on_where_it_is_wanted(
    tmp_path: Path, option: tuple[str, ...], off: bool
) -> None:
    """faults G: `config.txt` switched Wi-Fi off and nobody was told."""
    config = tmp_path / "boot" / "firmware" / "config.txt"
    config.parent.mkdir(parents=True)
    config.write_text("dtparam=audio=off\n")
    done = install("gate", "--root", str(tmp_path), *option)
    lines = config.read_text().splitlines()
    assert [each in lines for each in WIRELESS] == [off, off]
    assert "dtparam=strict_gpiod" in lines
    assert ("Wi-Fi and Bluetooth are off from then on" if off else "Wi-Fi and Bluetooth stay on") in done.stdout


@pytest.mark.parametrize("role", ["hub", "gate"])
def test_every_link_of_the_installed_readme_leads_somewhere(role: str, tmp_path: Path) -> None:
    """faults G: 16 of them were dead in /opt/kakou."""
    assert install(role, "--root", str(tmp_path)).returncode == 0
    there = (tmp_path / "opt" / "kakou" / role).resolve()
    waiting, read, seen = [there / "README.md"], set(), 0
    while waiting:
        page = waiting.pop()
        if page in read:
            continue
        read.add(page)
        for target in re.findall(r"\]\((?!\w+:)([^)#\s]+)", re.sub(r"`[^`\n]*`", "", page.read_text(encoding="utf-8"))):
            path = (page.parent / target).resolve()
            assert path.exists(), f"{page.relative_to(there)} links to {target}"
            seen += 1
            waiting += [path] if path.suffix == ".md" else []
    assert seen > 30


@pytest.mark.parametrize(("option", "shown"), [((), True), (("--no-screen",), False)])
def test_a_gate_with_a_screen_gets_its_browser(tmp_path: Path, option: tuple[str, ...], shown: bool) -> None:
    assert install("gate", "--root", str(tmp_path), *option).returncode == 0
    assert (tmp_path / "etc/systemd/system/kakou-kiosk.service").exists() is shown
    # faults C: without it the browser offers to save the PIN and to translate the page
    assert (tmp_path / "etc/chromium/policies/managed/kakou.json").exists() is shown


@pytest.mark.parametrize(
    ("role", "arguments", "expected"),
    [
        ("hub", ["--colour"], "--colour: unknown option"),
        ("hub", ["--host"], "--host: expected a value"),
        ("gate", ["--bundle", "/nowhere/bundle.json"], "/nowhere/bundle.json: cannot be read"),
        ("gate", ["--root"], "--root: expected a value"),
        ("gate", ["--hub", "a/b"], "--hub: expected a name or an address, found 'a/b'"),
        ("gate", ["--hub", "hub a"], "--hub: expected a name or an address, found 'hub a'"),
        ("hub", ["--town", "Bad"], "--town: expected a-z, 0-9 and -, 1 to 32 characters, found 'Bad'"),
    ],
)
def test_a_wrong_option_is_one_line(role: str, arguments: list[str], expected: str) -> None:
    done = install(role, *arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert expected in done.stderr


@pytest.mark.parametrize(
    ("command", "status", "out", "err"),
    [
        ("echo login; echo by the way >&2", 0, "login\n", "by the way\n"),
        ("echo begun; echo no such thing >&2; exit 3", 1, "begun\n", "install-hub: it failed: no such thing\n"),
    ],
)
def test_a_command_that_fails_ends_the_installation_with_its_one_line(
    command: str, status: int, out: str, err: str
) -> None:
    common = SCRIPTS / "install-common.sh"
    script = f'set -euo pipefail; role=hub; . "{common}"; in_one_line "it failed" sh -c "$1"'
    done = subprocess.run(["bash", "-c", script, "bash", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (status, out, err)


def test_a_file_that_is_no_bundle_is_one_line(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.json"
    bundle.write_text("{}")
    done = install("gate", "--root", str(tmp_path / "root"), "--bundle", str(bundle))
    assert done.returncode == 1
    assert done.stderr == f"install-gate: {bundle}: no enrolment bundle\n"
    bundle.write_text('{"host": "a/b"}')
    done = install("gate", "--root", str(tmp_path / "root"), "--bundle", str(bundle))
    assert done.stderr == f"install-gate: {bundle}: host: expected a name or an address, found 'a/b'\n"
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize("role", ["hub", "gate"])
def test_help_says_what_it_does(role: str) -> None:
    done = install(role, "--help")
    assert done.returncode == 0
    assert "--root DIR" in done.stdout


@pytest.mark.parametrize("role", ["hub", "gate"])
def test_check_says_what_would_change_and_changes_nothing(role: str, tmp_path: Path) -> None:
    checked = install(role, "--root", str(tmp_path), "--check")
    assert checked.returncode == 2
    assert f"would write /etc/systemd/system/kakou-{'web' if role == 'hub' else 'gate'}.service" in checked.stdout
    assert files(tmp_path) == {}
    assert install(role, "--root", str(tmp_path)).returncode == 0
    again = install(role, "--root", str(tmp_path), "--check")
    assert (again.returncode, again.stdout) == (0, f"install-{role}: nothing would change\n")


def test_what_somebody_changed_is_named_and_mended(tmp_path: Path) -> None:
    install("hub", "--root", str(tmp_path))
    unit = tmp_path / "etc/systemd/system/kakou-web.service"
    good = unit.read_text()
    unit.write_text(good.replace("NoNewPrivileges=yes", "NoNewPrivileges=no"))
    checked = install("hub", "--root", str(tmp_path), "--check")
    assert "would rewrite /etc/systemd/system/kakou-web.service" in checked.stdout
    assert "install-hub: 1 changes would be made" in checked.stdout
    install("hub", "--root", str(tmp_path))
    assert unit.read_text() == good


@pytest.mark.parametrize("role", ["hub", "gate"])
def test_uninstalling_takes_everything_away_but_the_data(role: str, tmp_path: Path) -> None:
    config = tmp_path / "boot" / "firmware" / "config.txt"
    config.parent.mkdir(parents=True)
    config.write_text("dtparam=audio=off\n")
    install(role, "--root", str(tmp_path))
    kept = tmp_path / f"var/lib/kakou-{role}/{role}.toml"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    done = install(role, "--root", str(tmp_path), "--uninstall")
    assert done.returncode == 0
    assert f"/var/lib/kakou-{role} stays" in done.stdout
    assert set(files(tmp_path)) == {"boot/firmware/config.txt", str(kept.relative_to(tmp_path))}
    assert config.read_text() == "dtparam=audio=off\n"
    assert install(role, "--root", str(tmp_path), "--uninstall", "--with-data").returncode == 0
    assert not kept.parent.exists()


def test_wifi_and_the_screen_stay_as_they_were_chosen(tmp_path: Path) -> None:
    config = tmp_path / "boot" / "firmware" / "config.txt"
    config.parent.mkdir(parents=True)
    config.write_text("dtparam=audio=off\n")
    kiosk = tmp_path / "etc/systemd/system/kakou-kiosk.service"
    install("gate", "--root", str(tmp_path), "--wifi", "--no-screen")
    install("gate", "--root", str(tmp_path))
    assert WIRELESS[0] not in config.read_text()
    assert not kiosk.exists()
    install("gate", "--root", str(tmp_path), "--no-wifi", "--screen")
    assert WIRELESS[0] in config.read_text()
    assert kiosk.exists()
    install("gate", "--root", str(tmp_path), "--no-screen")
    assert not kiosk.exists()


def test_lines_of_an_older_version_are_rewritten_and_what_stands_around_them_stays(tmp_path: Path) -> None:
    config = tmp_path / "boot" / "firmware" / "config.txt"
    config.parent.mkdir(parents=True)
    config.write_text(
        "arm_64bit=1\n\n# kakou: begin\ngpio=1=op,dl\ndtoverlay=disable-wifi\n# kakou: end\n[all]\nenable_uart=1\n"
    )
    install("gate", "--root", str(tmp_path))
    text = config.read_text()
    assert text.startswith("arm_64bit=1\n")
    assert "enable_uart=1" in text
    assert "gpio=1=op,dl" not in text
    assert text.count("# kakou: begin") == text.count("# kakou: end") == 1


@pytest.mark.parametrize(
    ("role", "arguments", "said"),
    [
        ("hub", ["--with-data"], "--with-data: only together with --uninstall"),
        ("gate", ["--re-enrol"], "--re-enrol: only together with --bundle"),
        ("gate", ["--release-key", "/nowhere"], "--release-key: /nowhere: cannot be read"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(role: str, arguments: list[str], said: str) -> None:
    done = install(role, *arguments)
    assert (done.returncode, done.stderr) == (1, f"install-{role}: {said}\n")
