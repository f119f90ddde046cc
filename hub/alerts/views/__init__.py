"""Alerts on the pages: the bar that every page has, the page of all alerts, acknowledging and snoozing."""

from hub.alerts.views import bar as bar
from hub.alerts.views import pages as pages
from hub.alerts.views.blueprint import blueprint as blueprint
from hub.alerts.views.showing import not_storing as not_storing
from hub.alerts.views.showing import register as register
