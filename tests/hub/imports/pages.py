"""A list in the browser: sent to its page, looked at, and taken."""

import io
import re

from tests.hub.consoles import Browser, text_of


def look(browser: Browser, page: str, text: str | bytes) -> tuple[int, str, str]:
    """Status and words of the preview, and what the page carries of the file (empty: it cannot be taken)."""
    data = text.encode() if isinstance(text, str) else text
    answer = browser.send(page, {"list": (io.BytesIO(data), "list.csv")}, page=page)
    kept = re.search(r'name="kept" value="([^"]+)"', answer.text)
    return answer.status_code, text_of(answer), kept[1] if kept else ""


def take(browser: Browser, page: str, text: str) -> str:
    """Looks at a list and takes it; the words of the page that follows."""
    status, words, kept = look(browser, page, text)
    assert (status, bool(kept)) == (200, True), words
    answer = browser.send(page, {"kept": kept, "name": "list.csv"}, page=page)
    assert answer.status_code == 302, text_of(answer)
    return text_of(browser.open(answer.location))
