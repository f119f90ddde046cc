"""The officer's touch page at the gate (800 x 480, gloves, night), for this machine only: buttons by phase in `buttons`, their forms in `lanes`, words in `words`."""

from edge.kiosk.app import cookie, create_app
from edge.kiosk.desk import Desk, Known, News
from edge.kiosk.server import Kiosk, KioskError
from edge.kiosk.session_key import secret

__all__ = ["Desk", "Kiosk", "KioskError", "Known", "News", "cookie", "create_app", "secret"]
