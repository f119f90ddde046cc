"""The touch page at the gate (800 x 480, gloves, night): one glance and two taps. For this machine only."""

from edge.kiosk.app import cookie, create_app
from edge.kiosk.desk import Desk, Known, News
from edge.kiosk.server import Kiosk, KioskError
from edge.kiosk.session_key import secret

__all__ = ["Desk", "Kiosk", "KioskError", "Known", "News", "cookie", "create_app", "secret"]
