"""The front-end files: vendored ones are what they were, translations are whole and compiled, icons exist, little script."""

import json
import re
from pathlib import Path

import pytest

from hub.console.labels import VERDICT_ICONS
from scripts import translations, vendored

HUB = Path(vendored.ROOT) / "hub"


def test_vendored_files_are_those_of_the_manifest() -> None:
    assert vendored.check() == []


def test_a_changed_vendored_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "vendor"
    for file in vendored.VENDOR.rglob("*"):
        if file.is_file():
            target = copy / file.relative_to(vendored.VENDOR)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    monkeypatch.setattr(vendored, "VENDOR", copy)
    changed = next(copy.rglob("htmx.min.js"))
    changed.write_bytes(changed.read_bytes() + b" ")
    (copy / "stray.js").write_text("")
    next(copy.rglob("sse.min.js")).unlink()
    faults = vendored.check()
    assert [fault.partition(": ")[2] for fault in faults] == [
        "not in the manifest",
        "missing",
        "another hash than the manifest's",
    ]


def test_every_vendored_package_brings_its_licence() -> None:
    for package in json.loads(vendored.MANIFEST.read_text())["packages"]:
        assert package["licence"]
        assert "LICENSE" in package["files"]


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (vendored.ROOT / "package-lock.json").read_text()
    assert "http" not in re.sub(r'"url": "[^"]+"', "", (vendored.ROOT / "package-lock.json").read_text())


def test_every_word_is_translated_and_compiled() -> None:
    assert list(translations.check()) == []


def test_a_missing_translation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    known = translations.read(translations.HUB.po("zh"), "zh")
    monkeypatch.setattr(translations.Pages, "messages", lambda pages: [*known, "Something new"])
    faults = list(translations.check())
    assert any("zh" in fault and "Something new" in fault for fault in faults)


@pytest.mark.parametrize("pages", translations.ALL, ids=lambda pages: pages.folder.name)
def test_chinese_words_keep_their_placeholders(pages: translations.Pages) -> None:
    for text, words in translations.read(pages.po("zh"), "zh").items():
        # quotation marks are each language's own: what English shows as `%(x)r`, Chinese puts between its own
        placeholders = re.compile(r"%\(\w+\)(?=[sr])|%%n?")
        assert sorted(placeholders.findall(text)) == sorted(placeholders.findall(words)), text


def test_icons_are_vendored_and_used() -> None:
    templates = "".join(path.read_text() for path in (HUB / "templates").rglob("*.html"))
    quoted = set(re.findall(r'"([a-z0-9-]+)"', templates)) | set(VERDICT_ICONS.values())
    assert set(vendored.ICONS) <= quoted, "an icon that no page shows"
    asked = set(re.findall(r'icon\("([a-z0-9-]+)"\)', templates)) | set(VERDICT_ICONS.values())
    assert asked <= set(vendored.ICONS)


def test_our_own_script_stays_small() -> None:
    own = [path.read_text().splitlines() for path in (HUB / "static").glob("*.js")]
    assert sum(map(len, own)) <= 850


def test_nothing_of_ours_is_loaded_from_elsewhere() -> None:
    for path in [*(HUB / "templates").rglob("*.html"), *(HUB / "static").glob("*.*")]:
        found = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", path.read_text())
        assert set(found) <= {"http://www.w3.org"}, path
