"""The benchmark suite runs on this machine, puts a floor beside each figure, and says why a row is missing. No timings here."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import segno

from edge.camera.opencv import cv2
from edge.camera.sources import frames_of
from edge.scanner.decoders import Reading
from edge.scanner.ladder import RUNGS
from scripts.benchmarks.__main__ import main
from scripts.benchmarks.pages import BOUND
from scripts.benchmarks.photographs import _wrong_row, is_confirmed
from scripts.benchmarks.rows import CannotRunError, Plan, Row, guarded, median, percentile
from scripts.benchmarks.table import lines
from tests import here

ROOT = Path(__file__).parents[2]
COLUMNS = {"name", "value", "unit", "floor", "floor_name", "ratio", "note"}


def bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return here.run(main, *map(str, arguments))


def bench_process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.benchmarks", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)


def measured(tmp_path: Path, *arguments: str | Path) -> dict[str, Any]:
    """A quick run's JSON, written while everything else lies below `tmp_path` too."""
    done = bench("--quick", "--json", tmp_path / "found.json", "--folder", tmp_path, *arguments)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    for row in found["rows"]:
        assert row["name"] in done.stdout
    return found


def rows_of(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in found["rows"]}


def assert_each_has_a_floor(rows: dict[str, dict[str, Any]]) -> None:
    for row in rows.values():
        assert row.keys() == COLUMNS
        assert row["value"] is not None, row["note"]
        assert row["floor"] > 0
        assert row["floor_name"]
        assert row["ratio"] == pytest.approx(row["value"] / row["floor"])


def photograph(path: Path, text: str) -> None:
    modules = np.array([list(row) for row in segno.make_qr(text, error="m").matrix_iter(scale=6, border=4)], np.uint8)
    assert cv2.imwrite(str(path), np.where(modules, 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def scanner_run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return measured(tmp_path_factory.mktemp("bench"), "--only", "scanner", "--seed", "11")


def test_the_scanner_stands_beside_bare_pyzbar_and_bare_zxing(scanner_run: dict[str, Any]) -> None:
    rows = rows_of(scanner_run)
    assert_each_has_a_floor(rows)
    for kind in ("empty", "pass"):
        assert rows[f"scanner.{kind}_median"]["floor_name"] == "bare pyzbar"
        assert rows[f"scanner.{kind}_median_beside_zxing"]["floor_name"] == "bare zxing-cpp"
        assert rows[f"scanner.{kind}_p95"]["unit"] == "ms"
    assert rows["scanner.vehicles_read"]["value"] == 100
    assert "scanner.watcher_empty_mean" in rows


def test_reading_counts_frames_rungs_and_visits_and_draws_them(tmp_path: Path) -> None:
    plot = tmp_path / "reading.png"
    rows = rows_of(measured(tmp_path, "--only", "reading", "--plot", str(plot)))
    assert rows["reading.frames"]["value"] >= rows["reading.frames_beside_zxing"]["floor"]
    assert rows["reading.clean"]["value"] == 100
    assert {f"reading.rung {rung.name}" for rung in RUNGS[:4]} <= rows.keys()
    assert rows["reading.vehicles"]["floor_name"] == "bare pyzbar"
    assert (rows["reading.wrong_texts"]["value"], rows["reading.visits_wrong_texts"]["value"]) == (0, 0)
    assert rows["reading.frozen"]["ratio"] == 1
    assert cv2.imread(str(plot)) is not None


def test_the_json_says_on_what_and_from_which_seed_it_was_measured(scanner_run: dict[str, Any]) -> None:
    assert scanner_run["machine"]["cores"] >= 1
    assert scanner_run["machine"]["cpu"]
    assert scanner_run["machine"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert scanner_run["versions"]["pyzbar"]
    assert scanner_run["versions"]["sqlite"]
    assert scanner_run["seed"] == 11
    assert scanner_run["quick"] is True


def test_the_way_to_a_kept_decision_stands_beside_a_bare_commit(tmp_path: Path) -> None:
    rows = rows_of(measured(tmp_path, "--only", "latency"))
    assert_each_has_a_floor(rows)
    assert rows["latency.frame_to_kept_p50"]["value"] > rows["latency.text_to_kept_p50"]["value"]
    assert rows.keys() >= {"latency.frame_to_kept_p99", "latency.text_to_kept_p99"}


def test_the_way_from_a_sensor_to_a_pin_stands_beside_a_bare_commit(tmp_path: Path) -> None:
    rows = rows_of(measured(tmp_path, "--only", "pins"))
    assert_each_has_a_floor(rows)
    assert rows["pins.edge_to_relay_p50"]["value"] <= rows["pins.edge_to_relay_p99"]["value"]
    assert rows["pins.edge_to_relay_debounced_p99"]["value"] > 20


def test_a_decision_stands_beside_a_bare_signature_check_and_the_lists_beside_their_limit(tmp_path: Path) -> None:
    rows = rows_of(measured(tmp_path, "--only", "decision"))
    assert_each_has_a_floor(rows)
    assert rows["decision.pass_median"]["floor_name"] == "bare Ed25519 verify"
    assert rows["decision.pass_median"]["ratio"] > 1
    assert rows["decision.lists_memory"]["ratio"] < 1
    assert rows["decision.lists_open"]["unit"] == "ms"


def test_one_plate_is_measured_beside_a_plate_that_passed_once(tmp_path: Path) -> None:
    rows = rows_of(measured(tmp_path, "--only", "one_plate"))
    assert rows["one_plate.passage"]["value"] > 0
    assert rows["one_plate.passage"]["floor"] > 0


def test_the_way_to_a_page_stands_beside_the_ack_and_idle_streams_beside_none(tmp_path: Path) -> None:
    rows = rows_of(measured(tmp_path, "--only", "stream"))
    assert_each_has_a_floor(rows)
    for name in ("crossing", "alert"):
        assert rows[f"stream.{name}_p99"]["value"] >= rows[f"stream.{name}_p50"]["value"] > 0
    assert rows["stream.idle_memory"]["unit"] == "MiB"


def test_the_export_stands_beside_sqlite3(tmp_path: Path) -> None:
    rows = rows_of(measured(tmp_path, "--only", "export"))
    assert_each_has_a_floor(rows)
    assert set(rows) == {"export.process", "export.in_process", "export.million", "export.memory"}


def test_each_page_stands_beside_a_bare_one(tmp_path: Path) -> None:
    rows = rows_of(measured(tmp_path, "--only", "pages"))
    above = rows.pop("pages.above")
    assert_each_has_a_floor(rows)
    assert above["floor"] == BOUND
    assert above["value"] == sum(row["value"] > BOUND for row in rows.values())
    assert {
        "pages.register",
        "pages.register_searched",
        "pages.ledger_refused",
        "pages.roster",
        "pages.limited_ledger",
    } <= rows.keys()


def test_an_import_stands_beside_sqlite3_and_others_wait_beside_a_quiet_hub(tmp_path: Path) -> None:
    rows = rows_of(measured(tmp_path, "--only", "imports"))
    assert_each_has_a_floor(rows)
    assert set(rows) == {"imports.whole", "imports.writing", "imports.processor", "imports.wait"}
    assert "2000 persons; 2044 rows and" in rows["imports.whole"]["note"]


def test_the_figures_of_a_range_stand_beside_the_same_questions_by_sqlite3(tmp_path: Path) -> None:
    rows = rows_of(measured(tmp_path, "--only", "figures"))
    assert_each_has_a_floor(rows)
    assert set(rows) == {"figures.whole", "figures.odd", "figures.day"}


def test_the_intake_stands_beside_the_same_rows_from_memory_and_the_bare_broker(tmp_path: Path) -> None:
    rows = rows_of(measured(tmp_path, "--only", "ingest"))
    assert_each_has_a_floor(rows)
    for gates in ("one_gate", "four_gates"):
        assert rows[f"ingest.{gates}"]["unit"] == "records/s"
        assert rows[f"ingest.{gates}_beside_broker"]["floor_name"] == "bare broker"


def test_photographs_are_right_only_if_the_text_is_equal(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("right", "bytes", "wrong", "unknown"):
        photograph(photos / f"{name}.png", f"it says {name}")
    (photos / "right.txt").write_text("it says right", encoding="utf-8")
    (photos / "bytes.bin").write_bytes(b"it says bytes")
    (photos / "wrong.txt").write_text("it says something else", encoding="utf-8")
    (photos / "broken.png").write_bytes(b"no picture")
    (photos / "broken.txt").write_text("nothing", encoding="utf-8")
    rows = rows_of(measured(tmp_path, "--only", "photographs", "--photos", photos))
    wrong = rows.pop("photographs.wrong_texts")
    assert_each_has_a_floor(rows)
    assert rows["photographs.read"]["value"] == pytest.approx(200 / 3)
    assert rows["photographs.read"]["note"] == "8 of 12 pictures at four rotations; unreadable files: 1"
    assert rows["photographs.rung frame"]["value"] == 8
    # two libraries against a file: the picture is not what it says
    assert (wrong["value"], wrong["note"]) == (0, "not in the files, but read by the other library too: wrong.png 4x")


def test_text_that_one_library_alone_reads_is_wrong(tmp_path: Path) -> None:
    photograph(tmp_path / "picture.png", "it says so")
    image = next(frames_of(tmp_path / "picture.png"))
    for decoder in ("zxing", "pyzbar"):
        confirmed = [is_confirmed(Reading(text, (), decoder), image) for text in ("it says so", "it says so not")]
        assert confirmed == [True, False]
    assert _wrong_row([("one.png", True), ("one.png", False), ("other.png", False)]).value == 2


def test_a_row_that_cannot_run_says_why_and_the_others_stand(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    found = measured(tmp_path, "--only", "photographs", "export", "--photos", tmp_path / "photos")
    rows = rows_of(found)
    assert rows["photographs"]["value"] is None
    assert rows["photographs"]["ratio"] is None
    assert rows["photographs"]["note"].startswith(f"not run: {tmp_path / 'photos'}: no picture X.png or X.jpg")
    assert rows["export.process"]["value"] > 0


@pytest.mark.parametrize(
    ("fault", "note"),
    [
        (CannotRunError("there is no mosquitto"), "not run: there is no mosquitto"),
        (OSError("first line\nsecond line"), "failed: OSError: first line second line"),
    ],
)
def test_a_benchmark_that_breaks_keeps_the_rows_it_had(tmp_path: Path, fault: Exception, note: str) -> None:
    def breaks(_: Plan) -> Iterator[Row]:
        yield Row("speed.first", 6.0, "rows/s", 3.0, "the floor")
        raise fault

    plan = Plan(quick=True, seed=1, folder=tmp_path, photos=None, say=lambda _: None)
    first, last = guarded("speed", breaks, plan)
    assert first.ratio == 2.0
    assert (last.name, last.value, last.ratio, last.note) == ("speed", None, None, note)


def test_photographs_that_nobody_named_are_said_to_be_missing(tmp_path: Path) -> None:
    rows = rows_of(measured(tmp_path, "--only", "photographs"))
    assert rows["photographs"]["note"] == "not run: no photographs were named (--photos DIR)"


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (
            ("--only", "sanner"),
            "no benchmark 'sanner'; there are scanner, reading, latency, pins, decision, ingest, backlog, flood, one_plate, stream, export, figures, pages, imports, photographs",
        ),
        (("--only", "photographs", "--folder", "/nowhere"), "/nowhere: no such folder"),
        (("--only", "photographs", "--json", "/nowhere/found.json"), "/nowhere/found.json: No such file or directory"),
    ],
)
def test_a_wrong_command_line_is_one_line(arguments: tuple[str, ...], fault: str) -> None:
    done = bench(*arguments)
    assert done.returncode != 0
    assert done.stderr == f"bench: {fault}\n"
    assert done.stdout == ""


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    done = bench_process("--quick", "--json", tmp_path / "found.json", "--folder", tmp_path, "--only", "export")
    assert done.returncode == 0, done.stderr
    assert "export.in_process" in done.stdout
    assert [each.name for each in tmp_path.iterdir()] == ["found.json"]


def test_percentiles_are_values_that_were_measured() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert median(values) == 3.0
    assert percentile(values, 0.99) == 5.0
    assert percentile([7.0], 0.0) == 7.0


def test_the_table_shows_figure_floor_and_ratio_and_a_reason_where_there_is_none() -> None:
    machine = {"cpu": "a processor", "cores": 2, "python": "3.11.2", "disk": "ext4", "load": 0.1, "load_after": 1.0}
    rows = [Row("speed", 6.0, "rows/s", 3.0, "the floor"), Row("other", None, note="not run: it is not there")]
    text = lines(machine, rows)
    assert text[0] == "a processor, 2 cores, Python 3.11.2, ext4, load 0.10 before, 1.00 after"
    assert any(line.split() == ["speed", "6.00", "rows/s", "3.00", "the", "floor", "2.00"] for line in text)
    assert "    not run: it is not there" in text
