"""The content of the screen as JSON, for programs (`/state.json`).

Tested in `tests/edge/kiosk/test_app.py`.
"""

from typing import Any

from edge.contract.records import wall_text
from edge.gate.view import LaneView, Tank
from edge.kiosk.desk import Desk
from edge.kiosk.status_line import since


def state_of(desk: Desk) -> dict[str, Any]:
    """The gate as its screen shows it."""
    view, news, now = desk.view(), desk.news(), desk.now()
    return {
        "town": desk.town,
        "gate": desk.gate_id,
        "at": wall_text(now),
        "lanes": [_lane(lane) for lane in view.lanes],
        "officer": view.officer,
        "solutions": [_solution(tank) for tank in view.tanks],
        "emergencies": [{"visit": each.visit, "lane": each.lane, "at": each.opened_at} for each in view.plateless],
        "orders": [
            {"id": each.id, "zh": each.zh, "en": each.en, "urgent": each.urgent, "due": each.due}
            for each in view.orders
        ],
        "unfinished": [
            {"visit": each.visit, "lane": each.lane, "at": each.opened_at, "plate": each.plate}
            for each in view.unfinished
        ],
        "link": {"connected": news.connected, "hub_online": news.hub_online, "ack_age": news.ack_age},
        "backlog": news.backlog,
        "lists": {"policy": news.policy, "passlist": news.passlist, "age": since(news.lists_received, now)},
        "inside": {"vehicles": news.inside, "age": since(news.sightings_received, now)},
        "camera": news.camera,
        "clock": news.clock,
        "alarms": dict(view.alarms),
        "fault": view.fault,
    }


def _solution(tank: Tank) -> dict[str, Any]:
    batch = tank.batch
    return {
        "tank": tank.name,
        "batch": batch.batch if batch else None,
        "agent": batch.agent if batch else None,
        "valid": tank.valid,
    }


def _lane(lane: LaneView) -> dict[str, Any]:
    before = lane.before
    return {
        "name": lane.name,
        "state": lane.shown,
        "arm": lane.arm,
        "occupied": list(lane.occupied),
        "direction": lane.direction,
        "visit": lane.visit,
        "verdict": lane.verdict,
        "reason": lane.reason,
        "plate": lane.plate,
        "vehicle_class": lane.vehicle_class,
        "read_by": lane.read_by,
        "owed": lane.owed,
        "unconfirmed": lane.unconfirmed,
        "standing": lane.standing,
        "spraying": lane.spraying,
        "unclear": lane.unclear,
        "behind": lane.behind,
        "opposite": lane.opposite,
        "first": lane.first,
        "before": {"gate": before.gate, "direction": before.direction, "at": wall_text(before.at)} if before else None,
        "watched": lane.watched is not None,
    }
