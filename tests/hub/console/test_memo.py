"""What is made once for all rows of a page: in the reader's language, anew for another value, and never without end."""

from collections.abc import Iterator

import pytest
from flask import Flask, render_template_string
from flask_babel import force_locale

from hub.console import memo
from tests.hub.consoles import console
from tests.hub.ledgers import settle

PART = '{% macro mark(code) %}<b>{{ label("outcome", code) }} {{ made() }}</b>{% endmacro %}'


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    place = settle(tmp_path_factory.mktemp("memo"))
    with console(place) as app:
        yield app
    place.engine.dispose()


def rendered(app: Flask, language: str, template: str, made: list[int]) -> str:
    def made_once_more() -> str:
        made.append(1)
        return ""

    with app.test_request_context(), force_locale(language):
        return render_template_string(PART + template, made=made_once_more)


def test_a_part_is_made_once_for_each_language_and_each_value(app: Flask) -> None:
    memo._parts.clear()
    made: list[int] = []
    template = (
        "{{ repeated(mark, 'passed') }}{{ repeated(mark, 'passed') }}{{ repeated(mark, 'unclear') }}{{ _('Ledger') }}"
    )
    english = rendered(app, "en", template, made)
    assert english == "<b>Passed </b><b>Passed </b><b>Unclear </b>Ledger"
    assert len(made) == 2
    assert "<b>Passed" not in rendered(app, "zh", template, made)
    assert len(made) == 4
    assert rendered(app, "en", template, made) == english
    assert len(made) == 4


def test_what_a_part_shows_is_escaped_though_it_is_remembered(app: Flask) -> None:
    text = rendered(app, "en", "{{ repeated(mark, '<i>') }}{{ repeated(mark, '<i>') }}", [])
    assert text == "<b>&lt;i&gt; </b>" * 2


def test_a_sentence_may_have_a_value_of_any_name_which_is_escaped(app: Flask) -> None:
    text = rendered(app, "en", "{{ _('Found for “%(text)s”', text='<i>') }}", [])
    assert text == "Found for “&lt;i&gt;”"


def test_no_more_is_remembered_than_there_is_room_for(app: Flask) -> None:
    memo._parts.clear()
    memo._parts.update({(number,): "" for number in range(memo.ROOM)})  # type: ignore[misc]
    rendered(app, "en", "{{ repeated(mark, 'passed') }}", [])
    assert len(memo._parts) == 1


def test_a_sentence_may_call_a_value_text(app: Flask) -> None:
    assert rendered(app, "en", "{{ _('Found for “%(text)s”', text='<b>') }}", []) == "Found for “&lt;b&gt;”"
