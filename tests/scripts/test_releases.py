"""A release is made beside the one that runs, and one rename switches: wherever the power goes, a whole program is there."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.offline_kit import put_release

PROJECT = Path(__file__).resolve().parents[2]
CUTS = ("mv", "ln", "cp", "rm", "sync")
"""The commands that change what is on the disk while a release is made and switched; before each call of one the power goes."""
CUTTING = """#!/bin/sh
# counts the calls, and ends everything at one of them
echo x >>"$COUNT"
[ "$(wc -l <"$COUNT")" = "$CUT" ] && kill -9 0
exec {real} "$@"
"""


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same project one version on."""
    made = tmp_path_factory.mktemp("newer")
    put_release(made / "release.tar")
    subprocess.run(["tar", "-xf", made / "release.tar", "-C", made], check=True)
    folder = made / "release"
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(text.replace('version = "0.1.0"', 'version = "0.2.0"'))
    return folder


def install(project: Path, root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [project / "scripts" / "install-hub", "--root", str(root)], capture_output=True, text=True, check=False,
        env={**os.environ, **environment}, start_new_session=True,
    )  # fmt: skip


def running(root: Path) -> str:
    """The version of the release that would start, which is whole."""
    folder = (root / "opt/kakou/hub").resolve(strict=True)
    done = subprocess.run(["sha256sum", "--quiet", "-c", "files.sha256"], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    line = next(line for line in (folder / "src/pyproject.toml").read_text().splitlines() if line.startswith("version"))
    return line.split('"')[1]


def cutting(folder: Path) -> str:
    """A folder for PATH with commands that end everything at the call that `CUT` names."""
    folder.mkdir()
    for name in CUTS:
        (folder / name).write_text(CUTTING.format(real=shutil.which(name)))
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.timeout(900)
def test_a_power_cut_at_any_step_leaves_a_program_that_starts_and_the_next_try_ends_it(
    newer: Path, tmp_path: Path
) -> None:
    before = tmp_path / "before"
    assert install(PROJECT, before).returncode == 0
    path = cutting(tmp_path / "bin")
    cut, versions = 0, []
    while True:
        cut += 1
        root, count = tmp_path / f"cut-{cut}", tmp_path / f"count-{cut}"
        shutil.copytree(before, root, symlinks=True)
        done = install(newer, root, PATH=path, COUNT=str(count), CUT=str(cut))
        versions.append(running(root))
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        if cut % 8 == 1:
            assert install(newer, root).returncode == 0
            assert running(root) == "0.2.0"
        shutil.rmtree(root)
    # cut before and after the switch, and the program was one of the two, whole, each time
    assert set(versions) == {"0.1.0", "0.2.0"}
    assert versions == sorted(versions)
    assert len(versions) > 8


def test_the_release_before_stays_and_older_ones_go(newer: Path, tmp_path: Path) -> None:
    assert install(PROJECT, tmp_path).returncode == 0
    first = (tmp_path / "opt/kakou/hub").readlink()
    assert install(newer, tmp_path).returncode == 0
    assert running(tmp_path) == "0.2.0"
    assert (tmp_path / "opt/kakou/hub.before").readlink() == first
    old = tmp_path / "opt/kakou/releases/hub-0.0.1-000000000000"
    old.mkdir()
    assert install(newer, tmp_path).returncode == 0
    assert not old.exists()
    assert len(list(old.parent.iterdir())) == 2


def test_a_damaged_file_of_the_release_that_runs_is_found_and_mended_beside_it(tmp_path: Path) -> None:
    assert install(PROJECT, tmp_path).returncode == 0
    damaged = (tmp_path / "opt/kakou/hub").resolve() / "src/hub/cli.py"
    damaged.write_text("# half a file")
    checked = subprocess.run(
        [PROJECT / "scripts/install-hub", "--root", str(tmp_path), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 2
    assert "would make /opt/kakou/releases/hub-0.1.0-" in checked.stdout
    assert damaged.read_text() == "# half a file"
    assert install(PROJECT, tmp_path).returncode == 0
    assert running(tmp_path) == "0.1.0"
    assert damaged.parents[2] != (tmp_path / "opt/kakou/hub").resolve()


SYSTEMCTL = """#!/bin/sh
# a service manager whose unit ends again and again while the link names the release that is to be bad
echo "$*" >>"$LOG"
bad=no
case $(readlink "$ROOT/opt/kakou/hub") in *"$BAD"*) bad=yes ;; esac
case "$1 $2 $bad" in
  "show -P yes") wc -l <"$LOG" ;;
  "show -P no") echo 0 ;;
  "restart "*) [ "$REFUSES" = no ] || [ $bad = no ] || exit 1 ;;
esac
"""


def restarted(root: Path, scripts: Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The last step of an update from the release that runs to the newest in `root`, with a service manager that is a script."""
    folder.mkdir()
    (folder / "systemctl").write_text(SYSTEMCTL)
    (folder / "systemctl").chmod(0o755)
    # a unit as each release has its own
    script = (
        f'set -euo pipefail; role=hub; . "{scripts}/install-common.sh"; root="$ROOT"; systemd_runs() {{ true; }}; '
        'on_a_real_machine() { true; }; put_units() { put 644 pyproject.toml /etc/unit; }; '
        'release=$NEW; switch_release; put_units; start kakou-web.service; say done'
    )  # fmt: skip
    values = {
        "ROOT": str(root),
        "LOG": str(folder / "log"),
        "KAKOU_HEALTH_SECONDS": "1",
        "REFUSES": "no",
        "BAD": "none",
    }
    return subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", **values, **environment},
    )  # fmt: skip


@pytest.fixture
def both(newer: Path, tmp_path: Path) -> tuple[Path, str, str]:
    """A root with two releases, the older one running; their names, the older first."""
    root = tmp_path / "root"
    assert install(newer, root).returncode == 0
    new = (root / "opt/kakou/hub").readlink().name
    assert install(PROJECT, root).returncode == 0
    (root / "opt/kakou/hub.before").unlink()
    return root, (root / "opt/kakou/hub").readlink().name, new


@pytest.mark.parametrize("refuses", ["yes", "no"])
def test_an_update_whose_service_does_not_keep_running_goes_back_by_itself(
    both: tuple[Path, str, str], newer: Path, tmp_path: Path, refuses: str
) -> None:
    root, old, new = both
    done = restarted(root, newer / "scripts", tmp_path / "bin", NEW=new, BAD=new, REFUSES=refuses)
    assert done.returncode == 1
    why = "kakou-web.service did not start" if refuses == "yes" else "kakou-web.service ended and was started again"
    assert (
        done.stderr == f"install-hub: the new release: {why}; {old} runs again: see journalctl -u kakou-web.service\n"
    )
    assert running(root) == "0.1.0"
    assert 'version = "0.1.0"' in (root / "etc/unit").read_text()
    assert (tmp_path / "bin/log").read_text().splitlines()[-1] == "restart kakou-web.service"


def test_a_healthy_update_stays(both: tuple[Path, str, str], newer: Path, tmp_path: Path) -> None:
    root, old, new = both
    done = restarted(root, newer / "scripts", tmp_path / "bin", NEW=new)
    assert (done.returncode, done.stderr) == (0, "")
    assert running(root) == "0.2.0"
    assert (root / "opt/kakou/hub.before").readlink().name == old
    assert 'version = "0.2.0"' in (root / "etc/unit").read_text()


def test_a_hub_that_has_changed_its_database_does_not_go_back(
    both: tuple[Path, str, str], newer: Path, tmp_path: Path
) -> None:
    root, _, new = both
    (root / "opt/kakou/releases" / new / "src/hub/database/migrations/versions/9999_more.py").write_text("")
    done = restarted(root, newer / "scripts", tmp_path / "bin", NEW=new, BAD=new)
    assert done.returncode == 1
    assert "it stays, because it has changed the database" in done.stderr
    assert (root / "opt/kakou/hub").readlink().name == new
