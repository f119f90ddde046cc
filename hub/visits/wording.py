"""What the codes of visits.csv and entries.csv are called in a reader's language, column by column. A code without a word stays itself."""

from collections.abc import Mapping
from typing import Literal

from edge.contract.policy import Policy
from edge.contract.reasons import VERDICT_WORDS, WORDS
from hub.console.labels import LABELS

Language = Literal["zh", "en"]
Words = Mapping[str, Mapping[str, str]]
"""By column: code -> word."""
LABELLED = {
    "direction": "direction",
    "clock": "clock",
    "plate_type": "plate_type",
    "read_by": "read_by",
    "outcome": "outcome",
    "disinfected": "disinfected",
    "parts": "parts",
    "disinfection_verified_by": "verified_by",
    "kind": "kind",
}
"""The columns whose words the pages have, too: column -> table of `LABELS`."""


def words(language: Language, policy: Policy | None, names: Mapping[str, str]) -> Words:
    """The words of a language, which is also that of the request (or of `hub.console.speaking`). `names`: of the users, by id."""
    zh = language == "zh"
    found = {column: {code: str(word) for code, word in LABELS[table].items()} for column, table in LABELLED.items()}
    found["verdict"] = {each.value: said[0] if zh else said[1].capitalize() for each, said in VERDICT_WORDS.items()}
    found["reason"] = {each.value: said.zh if zh else _sentence(said.en) for each, said in WORDS.items()}
    found["officer"] = found["override_by"] = dict(names)
    found["washed_first"] = {"yes": "是", "no": "否"} if zh else {"yes": "Yes", "no": "No"}
    if policy is not None:
        operation = policy.operation
        found["operation"] = {operation.id: operation.zh if zh else operation.en}
        found["gate"] = {id_: gate.zh if zh else gate.en for id_, gate in policy.gates.items()}
        found["vehicle_class"] = {each.id: each.zh if zh else each.en for each in policy.classes}
        found["agent"] = {each.id: each.zh if zh else each.en for each in policy.agents}
    return found


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
