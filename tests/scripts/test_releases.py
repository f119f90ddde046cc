"""A release is made beside the one that runs, and one rename switches: wherever the power goes, a whole program is there."""

import os
import shutil
import subprocess
import tarfile
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
    with tarfile.open(made / "release.tar") as tar:
        tar.extractall(made, filter="data")
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
