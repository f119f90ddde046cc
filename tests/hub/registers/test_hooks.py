"""The registers that parts of the product know are kept with what these parts ask for."""

from hub.register_hooks import hooks_of
from hub.registers import catalogue
from tests.hub.towns import Place


def test_every_hook_belongs_to_a_register_that_comes_with_the_product(place: Place) -> None:
    hooks = hooks_of(place.town)
    assert sorted(hooks) == ["inspections", "need_requests"]
    assert hooks.keys() <= catalogue.shipped().keys()
