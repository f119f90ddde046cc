"""New keys for a whole town after a theft, with a power cut in the middle. Tried by `tests/faults/test_campaign.py`."""

from hub.commands import common
from hub.enrolment.gates import bundle_of
from hub.town.town import Town
from scripts.faulting.gate import prepare
from scripts.faulting.world import StuckError, World


def rekey(world: World, fault: str) -> None:
    """A backup was stolen: the town gets new keys, at the second attempt, and one gate after the other its new bundle.

    The gates work on meanwhile, and nobody lets them in until they have it.
    """
    world.kill_listener()
    world.kill_broker()
    if world.hub("rekey", fault=fault).returncode >= 0:
        raise StuckError(f"the rekey did not die at {fault}")
    done = world.hub("rekey")
    if done.returncode != 0:
        raise StuckError(f"rekey: {done.stderr.strip()}")
    world.town = Town.open(world.hub_folder)
    world.start_broker()
    world.start_listener()
    for gate in world.gates:
        world.stop_gate(gate)
        with common.changing(world.town) as connection:
            gate.bundle = bundle_of(world.town, connection, gate.name, by="campaign", now=common.now())
        prepare(gate.folder, gate.bundle)
        world.start_gate(gate)
    # one of before would bring the old keys back
    world.make_backup()
