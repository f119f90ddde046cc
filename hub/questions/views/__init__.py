"""The pages of questions from above: the list, the form, one question with its answers and what is done about it."""

from hub.questions.views import importing, one, pages
from hub.questions.views.blueprint import blueprint

__all__ = ["blueprint", "importing", "one", "pages"]
