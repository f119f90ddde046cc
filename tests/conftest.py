"""How the suite is spread over the processes of `scripts/test`.

Every second process begins with whole towns (`tests/system`, `tests/faults`), which wait far more than they compute; the others
with all else, which computes. Work goes file by file, so that what a file's tests share is made once; the tests of `LONGEST`
go one by one, and first. Each process has ports of its own (`tests/ports.py`).
"""

from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

import edge.camera.opencv  # noqa: F401  it limits the size of pictures, which OpenCV asks for once: a test that loads cv2 first would go without
from tests import compiled

HERE = Path(__file__).parent
TOWNS = ("tests/system/", "tests/faults/")
LONGEST = (
    "tests/system/test_demo.py::test_a_town_runs_and_its_books_agree",
    "tests/system/test_kills.py::test_nothing_is_lost_when_everything_is_killed_once",
    "tests/system/test_lane_kills.py::test_a_gate_killed_in_each_state_comes_back_closed_with_a_visit_to_close",
    "tests/system/test_demo.py::test_a_demo_whose_cameras_are_black_fails",
    "tests/faults/test_campaign.py::test_a_short_campaign_loses_doubles_and_invents_nothing",
    "tests/system/test_installation.py::test_a_resident_is_let_in_where_readme_was_followed_line_by_line",
    "tests/faults/test_campaign.py::test_gates_that_open_before_they_have_written_are_found_out",
    "tests/faults/test_campaign.py::test_what_fails_while_new_crossings_go_ahead_of_a_backlog_loses_nothing",
    "tests/system/test_demo.py::test_ctrl_c_ends_a_demo_in_order_and_another_goes_on_where_it_was",
)


compiled.share()


class Spread(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Every file as one piece of work, but for the longest tests; towns to every second process as long as there are any."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid in LONGEST else nodeid.partition("::")[0]

    def _assign_work_unit(self, node: WorkerController) -> None:
        waits = int(node.gateway.id.removeprefix("gw")) % 2 == 0
        fitting = (scope for scope in self.workqueue if scope.startswith(TOWNS) == waits)
        if scope := next(fitting, None):
            self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    return Spread(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # what takes longest is begun first
    items.sort(key=lambda item: LONGEST.index(item.nodeid) if item.nodeid in LONGEST else len(LONGEST))
