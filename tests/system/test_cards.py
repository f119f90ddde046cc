"""From a list to the lane by the real commands: imported, printed, rendered as a picture, read back by the gate's scanner."""

import json
import subprocess
import sys
from pathlib import Path

import pypdfium2

from edge.camera.opencv import cv2
from hub.cli import main as hub_main
from tests import here
from tests.system import towns

DPI = 200
PLATES = ("鲁B12345", "鲁U0D8F6", "鲁BD12345")


def test_imported_passes_are_printed_and_read_back(tmp_path: Path) -> None:
    town, pdf = tmp_path / "town", tmp_path / "cards.pdf"
    assert towns.hub(town, "init", "--town", "demo").returncode == 0
    assert hub(town, "gate", "add", "east", "--zh", "东卡口", "--en", "East gate").returncode == 0
    rows = tmp_path / "rows.csv"
    rows.write_text("plate,class\n" + "".join(f"{plate},resident\n" for plate in PLATES), encoding="utf-8-sig")
    imported = hub(town, "pass", "import", str(rows))
    assert imported.returncode == 0, imported.stderr
    # the gate hears of the passes, and that one of them was revoked after it had been printed
    printed = hub(town, "pass", "print", "--all-of", "resident", "--pdf", str(pdf))
    assert printed.returncode == 0, printed.stderr
    listed = {line.split()[1]: line.split()[0] for line in hub(town, "pass", "list").stdout.splitlines()}
    assert set(listed) == set(PLATES)
    assert hub(town, "pass", "revoke", listed[PLATES[0]], "--reason", "lost").returncode == 0
    assert hub(town, "gate", "bundle", "east", "--out", str(tmp_path / "east.json")).returncode == 0
    assert gate(tmp_path / "gate", "enrol", str(tmp_path / "east.json")).returncode == 0

    pictures = rendered(pdf, tmp_path)
    scanned = gate(tmp_path / "gate", "scan", *map(str, pictures))
    assert scanned.returncode == 0, scanned.stderr
    found = {text: line for line in map(json.loads, scanned.stdout.splitlines()) for text in line["texts"]}
    texts = {plate: text_of(town, id_) for plate, id_ in listed.items()}
    assert set(found) == set(texts.values())
    judged = {plate: found[text]["reason"] for plate, text in texts.items()}
    assert judged == {PLATES[0]: "revoked", PLATES[1]: "disinfection_due", PLATES[2]: "disinfection_due"}


def hub(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the hub: each is its own, but an interpreter for each would be most of this test's time."""
    return here.run(hub_main, "--data", str(folder), *arguments)


def gate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "kakou-gate"), "--data", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def text_of(town: Path, id_: str) -> str:
    """What a pass's code says, by the hub's word."""
    lines = hub(town, "pass", "show", id_).stdout.splitlines()
    return next(line[line.index("KK1:") :] for line in lines if "KK1:" in line)


def rendered(pdf: Path, folder: Path) -> list[Path]:
    """A picture of each page."""
    document = pypdfium2.PdfDocument(pdf)
    paths = []
    for number, page in enumerate(document):
        path = folder / f"page-{number}.png"
        assert cv2.imwrite(str(path), page.render(scale=DPI / 72).to_numpy())
        paths.append(path)
    document.close()
    return paths
