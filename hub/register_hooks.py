"""What parts of the product do beside keeping the rows of the registers that they know: each part adds its line here.

Tested in `tests/hub/registers/test_hooks.py`.
"""

from collections.abc import Mapping

from hub.inspections import findings
from hub.needs import store as needs
from hub.needs.requests import RequestHook
from hub.registers.keeping import Hook
from hub.town.town import Town


def hooks_of(town: Town) -> Mapping[str, Hook]:
    """The hooks of a town's registers, by register."""
    return {needs.REQUESTS: RequestHook(), findings.REGISTER: findings.FindingHook(town.id)}
