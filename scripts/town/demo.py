"""A whole town in one command: a hub and its broker, gates with simulated hardware, a scenario, one link that is cut.

Ends with a summary in which the scenario's own truth, the gates' journals and the hub's ledger are laid side by side; the
exit status is 0 only if they agree: every record that a gate kept is in the ledger exactly once, and every vehicle that came
has the visit it should have. Ctrl-C ends it as `--seconds` does: the vehicles at the lanes drive on, everything is delivered; a second one ends it at once.
"""

import argparse
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from sqlalchemy.exc import DBAPIError

from edge.simulation import clips
from hub.commands.common import OneLineParser
from scripts.town.founding import (
    Choice,
    DemoError,
    Memory,
    Ports,
    alone,
    found,
    prepare_gates,
    recall,
    revoked_while_cut_off,
    take_up,
)
from scripts.town.judgement import judge
from scripts.town.ports import LOOPBACK, free_ports, is_free
from scripts.town.proxy import Proxy
from scripts.town.scenario import GATE_NAMES
from scripts.town.town import Cut, Town, cut_window
from scripts.town.watch import Lines

GATES, SEED, WEB_PORT = 4, 7, 8000
BROKER_PORT, KIOSK_PORT = 18883, 8101
SLOWEST, FASTEST = 0.1, 10.0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    most = len(GATE_NAMES)
    top = OneLineParser(
        prog="scripts/demo",
        description="Runs a whole town on this machine: hub, broker, gates with simulated cameras and pins.",
        epilog="Ends 0 if every record is in the ledger exactly once and every vehicle was handled as it should be.",
    )
    top.add_argument(
        "--seconds", type=_positive, metavar="N", help="run for N seconds, then stop (default: until Ctrl-C)"
    )
    top.add_argument("--data", type=Path, metavar="DIR", help="keep the town in DIR, or go on with the one in it")
    top.add_argument("--port", type=_port, metavar="P", help=f"web port (default: {WEB_PORT}, else the next free one)")
    top.add_argument(
        "--ports-from", type=_port, metavar="P", help="look for every port from P on: for a town beside another one"
    )
    top.add_argument("--gates", type=_gates, metavar="N", help=f"1 to {most} gates (default: {GATES})")
    top.add_argument("--speed", type=_speed, default=1.0, metavar="X", help="divides the gaps between vehicles")
    top.add_argument("--seed", type=_seed, metavar="S", help=f"another town, other vehicles (default: {SEED})")
    top.add_argument(
        "--blank", action="store_true", help="black camera frames: nothing can be read, so the demo must fail"
    )
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: exit status 0, 1 if something was lost or wrong, 2 for a command line that can't be read."""
    chosen = parser().parse_args(arguments)
    stop = threading.Event()
    _listen_for_the_end(stop)
    try:
        if chosen.data is not None:
            return run(chosen, chosen.data.absolute(), stop)
        with tempfile.TemporaryDirectory(prefix="kakou-demo-") as folder:
            # others may pass through, to the broker's files, which belong to the user mosquitto when root runs this
            Path(folder).chmod(0o711)
            return run(chosen, Path(folder), stop)
    except DBAPIError as error:
        print(f"demo: database: {error.orig}", file=sys.stderr)
        return 1
    except (DemoError, OSError, ValueError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: ended without waiting: nothing was compared", file=sys.stderr)
        return 130


def _listen_for_the_end(stop: threading.Event) -> None:
    """The first Ctrl-C (or SIGTERM, or a closed terminal) ends the demo in order, the second at once."""

    def asked(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, asked)


def run(chosen: argparse.Namespace, folder: Path, stop: threading.Event) -> int:
    """Makes or takes up the town, runs it, judges it."""
    memory = recall(folder)
    choice = _choice(chosen, memory)
    if chosen.port is not None and not is_free(chosen.port):
        raise DemoError(f"--port {chosen.port}: something is listening there; name another, or leave it out")
    with alone(folder):
        return _run_alone(chosen, folder, memory, choice, stop)


def _run_alone(
    chosen: argparse.Namespace, folder: Path, memory: Memory | None, choice: Choice, stop: threading.Event
) -> int:
    web, broker, kiosks = _free_ports(chosen, choice.names)
    cut_gate = choice.names[-1]
    with Proxy(broker) as proxy:
        links = {gate: proxy.port if gate == cut_gate else broker for gate in choice.names}
        ports = Ports(web, broker, kiosks, links, _broker_user(folder))
        if memory is None:
            _say("founding the town")
            memory = found(folder, choice, ports)
        else:
            _say(f"going on with the town in {folder}")
            take_up(folder, ports)
        _render(folder, memory, ports, chosen)
        with Town(folder, memory, ports, stop) as town:
            _introduce(folder, memory, ports)
            cut = Cut(cut_gate, proxy, *cut_window(chosen.seconds), revoked_while_cut_off(folder, memory))
            town.run(chosen.seconds, cut, Lines())
            town.close()
    return judge(town.homes, folder / "hub.db", (cut_gate, town.outage), town.late, town.verify)


def _choice(chosen: argparse.Namespace, memory: Memory | None) -> Choice:
    if memory is None:
        return Choice(SEED if chosen.seed is None else chosen.seed, GATES if chosen.gates is None else chosen.gates)
    for name, given, had in (("gates", chosen.gates, memory.choice.gates), ("seed", chosen.seed, memory.choice.seed)):
        if given not in (None, had):
            raise DemoError(f"--{name} {given}: the town in this folder was made with --{name} {had}")
    return memory.choice


def _free_ports(chosen: argparse.Namespace, gates: Sequence[str]) -> tuple[int, int, dict[str, int]]:
    """Ports for the web, the broker, and each gate's kiosk: from where each usually is, or all from the port that was chosen."""
    if chosen.ports_from is None:
        kiosks = dict(zip(gates, free_ports(KIOSK_PORT), strict=False))
        return chosen.port or next(free_ports(WEB_PORT)), next(free_ports(BROKER_PORT)), kiosks
    each = free_ports(chosen.ports_from)
    return chosen.port or next(each), next(each), dict(zip(gates, each, strict=False))


def _render(folder: Path, memory: Memory, ports: Ports, chosen: argparse.Namespace) -> None:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kakou" / "clips"
    scenarios = prepare_gates(folder, memory, ports, clips=cache, speed=chosen.speed, blank=chosen.blank)

    def progress(done: int, total: int) -> None:
        if sys.stdout.isatty():
            print(f"\rrendering what the cameras see: {done} of {total}", end="\n" if done == total else "", flush=True)
        elif done in (1, total):
            _say(f"rendering what the cameras see: {done} of {total}")

    clips.render_all([each for scenario in scenarios for each in scenario.appearances()], cache, progress)


def _introduce(folder: Path, memory: Memory, ports: Ports) -> None:
    _say(f"\n  web      http://{LOOPBACK}:{ports.web}/")
    _say(f"  login    {memory.login}   password {memory.password}")
    for gate, port in ports.kiosks.items():
        zh, en = GATE_NAMES[gate]
        _say(f"  kiosk    http://{LOOPBACK}:{port}/   {zh} {en}")
    if memory.pin:
        _say(f"  pin      {memory.pin}   of every officer, to override at a gate")
    _say(f"  api      .venv/bin/kakou-hub --data {folder} token make county --scope visits:read   prints a token, once")
    if memory.backup_key:
        _say(f"  backups  {memory.backup_key}   opens them (a real town's is written down and kept elsewhere)")
    _say(f"  data     {folder}\n")


def _broker_user(folder: Path) -> str:
    """`mosquitto` where that user can reach the broker's files, else `root`; counts only when root runs the demo."""
    parents = [each for each in (folder, *folder.parents) if each.exists()]
    return "mosquitto" if all(each.stat().st_mode & 0o001 for each in parents) else "root"


def _say(text: str) -> None:
    print(text, flush=True)


# --- the command line's values ----------------------------------------------------------------------------------------------


def _number(text: str, low: float, high: float, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"expected {what}, found {text!r}")
    return value


def _whole(text: str, low: int, high: int, what: str) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"expected {what}, found {text!r}")
    return int(text)


def _positive(text: str) -> float:
    return _number(text, 1, 10**7, "a number of seconds, at least 1")


def _port(text: str) -> int:
    return _whole(text, 1, 65535, "a port from 1 to 65535")


def _gates(text: str) -> int:
    return _whole(text, 1, len(GATE_NAMES), f"1 to {len(GATE_NAMES)} gates")


def _speed(text: str) -> float:
    return _number(text, SLOWEST, FASTEST, f"a factor from {SLOWEST} to {FASTEST}")


def _seed(text: str) -> int:
    return _whole(text, 0, 2**31 - 1, "a whole number from 0")


if __name__ == "__main__":
    sys.exit(main())
