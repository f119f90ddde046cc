"""One name for one thing: `edge/contract/glossary.toml` against every word that an officer or a driver sees."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from scripts.translations import ALL, HUB, read

ROOT = Path(__file__).parents[1]
NOT_SHOWN: Final = {ROOT / "hub" / "accounts" / "common_passwords.py"}
"""Words that people choose for passwords: nobody sees them."""


@dataclass(frozen=True)
class Term:
    """A thing of the product and what it is called."""

    en: str
    zh: str
    means: str
    never_zh: tuple[str, ...] = ()
    never_en: tuple[str, ...] = ()


def terms() -> list[Term]:
    text = (ROOT / "edge" / "contract" / "glossary.toml").read_text(encoding="utf-8")
    return [
        Term(each["en"], each["zh"], each["means"], tuple(each.get("never_zh", ())), tuple(each.get("never_en", ())))
        for each in tomllib.loads(text)["term"]
    ]


TERMS = terms()


def shown_texts() -> dict[str, str]:
    """Every text with words for people, by its place: what translations say, and code and templates that speak themselves."""
    files = (
        path
        for folder in ("edge", "hub")
        for kind in ("*.py", "*.html", "*.js")
        for path in (ROOT / folder).rglob(kind)
        if path not in NOT_SHOWN and "vendor" not in path.parts
    )
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}
    for pages in ALL:
        chinese = read(pages.po("zh"), "zh")
        texts[str(pages.po("zh").relative_to(ROOT))] = "\n".join(chinese.values())
    return texts


TEXTS = shown_texts()
ENGLISH = "\n".join(message for pages in ALL for message in read(pages.po("zh"), "zh"))
CHINESE = read(HUB.po("zh"), "zh")


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.en)
def test_nothing_is_called_what_it_must_not_be_called(term: Term) -> None:
    found = [
        f"{place}: {hit[0]!r}, say {term.zh}"
        for place, text in TEXTS.items()
        for never in term.never_zh
        if (hit := re.search(rf".{{0,12}}{never}.{{0,12}}", text))
    ]
    found += [f"{never!r}, say {term.en!r}" for never in term.never_en if re.search(never, ENGLISH)]
    assert found == []


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.en)
def test_each_word_of_the_glossary_is_the_one_in_use(term: Term) -> None:
    assert CHINESE.get(term.en) in (None, term.zh)
    assert any(term.zh in text for text in TEXTS.values())
    assert term.means.endswith(".")


def test_each_thing_has_one_name() -> None:
    for names in ([term.en for term in TERMS], [term.zh for term in TERMS]):
        assert len(names) == len(set(names))
