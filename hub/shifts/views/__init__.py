"""The pages of the post's shifts: the post now, handing it over, the printed page, and who was on duty when."""

from hub.shifts.views import history, post
from hub.shifts.views.blueprint import blueprint

__all__ = ["blueprint", "history", "post"]
