"""What a lane's step may look at besides its state: the devices, the shift, the disinfectant and the policy at one moment.

Tested through the loop, in `tests/edge/gate/test_loop.py` and `tests/edge/lane/test_alarms.py`.
"""

from dataclasses import replace

from edge.config import LaneSettings
from edge.contract.policy import Policy
from edge.decision.decision import Decision
from edge.gate.gate_state import GateState
from edge.gate.performer import Hands
from edge.lane.guard import Reach
from edge.lane.state import Scene, Solution


def scene_of(
    settings: LaneSettings, hands: Hands, gate: GateState, policy: Policy | None, decision: Decision | None
) -> Scene:
    """Returns the scene of a lane; `decision`: on the vehicle that the step is about. The lane's runner adds the rest."""
    times, batch = settings.times, gate.solutions.batch_at(settings.name)
    scene = Scene(
        officer=gate.shift.officer,
        solution=Solution(batch.batch, batch.agent, batch.concentration) if batch else None,
        sprayed=hands.sprayed,
        litres=hands.litres,
        passage=times.passage,
        clear=times.clear,
        between=settings.road.between,
        stand=times.stand,
        reach=Reach(
            tells_up=hands.tells_up,
            tells_down=hands.tells_down,
            at_up=hands.at_up,
            at_down=hands.at_down,
            travel=times.rise,
            stuck=times.stuck,
            free=times.clear,
            fails_open=policy is not None and policy.fails_open,
        ),
    )
    if policy is None or decision is None:
        return scene
    class_ = decision.vehicle_class
    return replace(scene, parts=policy.parts, spray_seconds=policy.spray_of(class_), contact=policy.contact_of(class_))
