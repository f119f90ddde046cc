"""The page that imports a list: who may, what it shows, what a file must not be; the same for every list that has it."""

import pytest

from hub.accounts.roles import Role
from tests.hub.consoles import Browser, console, text_of
from tests.hub.imports.pages import look
from tests.hub.towns import Place

PAGES = {
    "/orders/import": Role.SUPERVISOR, "/questions/import": Role.OFFICER, "/runs/plans/import": Role.SUPERVISOR,
    "/roster/import/staff": Role.SUPERVISOR, "/roster/import/roster": Role.SUPERVISOR,
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_wrong_header_is_one_clear_line_in_both_languages(place: Place, page: str) -> None:
    with console(place) as app:
        for language, line in (
            ("en", "list.csv: heading 'a' is not known; expected"),
            ("zh", "list.csv：不认识表头"),
        ):
            status, words, kept = look(Browser(app, PAGES[page], language), page, "a,b\n1,2\n")
            assert (status, kept) == (400, "")
            assert line in words


@pytest.mark.parametrize("page", PAGES)
def test_no_file_and_a_file_that_is_no_list_are_one_line(place: Place, page: str) -> None:
    with console(place) as app:
        browser = Browser(app, PAGES[page])
        assert "Choose a file" in text_of(browser.send(page, {}, page=page))
        status, words, kept = look(browser, page, b"%PDF-1.7 nothing")
        assert (status, kept, "list.csv: " in words) == (400, "", True)
        assert browser.send(page, {"kept": "nonsense", "name": "x"}, page=page).status_code == 400


@pytest.mark.parametrize("page", PAGES)
def test_who_may_not_do_it_by_hand_imports_nothing(place: Place, page: str) -> None:
    with console(place) as app:
        for role in Role:
            status = Browser(app, role).open(page).status_code
            assert status == (200 if role.may(PAGES[page]) else 403), role
