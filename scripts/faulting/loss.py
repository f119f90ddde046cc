"""A radio link at its worst: each gate in a network namespace of its own, 40 % of its packets lost, in each direction.

A veth pair leads from the namespace to the broker's address; iptables drops by chance, at the gate's end. The gates are as patient
as the product. A round: vehicles come for a while, then none, and everything must be drained over the same link.
"""

import argparse
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from scripts.faulting.account import Account, end, settle_and_check, stuck
from scripts.faulting.needs import CannotRunError, need_command, need_root, need_success
from scripts.faulting.world import StuckError, World

SHARE = 0.4
VEHICLES = 20.0
"""Seconds of a round in which vehicles come."""
NETWORK = "10.203.77"
BROKER = f"{NETWORK}.1"
"""The broker's address: this machine's end of the first gate's pair."""
MOST_GATES = 60
CHAINS = ("INPUT", "OUTPUT")


def run(folder: Path, chosen: argparse.Namespace) -> Account:
    """`chosen.loss` rounds."""
    need_root("losing packets in network namespaces")
    ip, iptables = need_command("ip", "iproute2"), need_command("iptables", "iptables")
    if chosen.gates > MOST_GATES:
        raise CannotRunError(f"--gates {chosen.gates}: at most {MOST_GATES} with --loss")
    told = Account()
    with ExitStack() as stack:
        spaces = {
            f"gate-{number + 1}": stack.enter_context(_space(ip, iptables, number)) for number in range(chosen.gates)
        }

        def dress(name: str, command: Sequence[str]) -> list[str]:
            return [ip, "netns", "exec", spaces[name], *command] if name in spaces else list(command)

        world = stack.enter_context(
            World(folder, gates=chosen.gates, rate=chosen.rate, small_disks=False, dress=dress, host=BROKER)
        )
        try:
            for _ in range(chosen.loss):
                began = time.monotonic()
                time.sleep(VEHICLES)
                told.count("records that waited when the vehicles stopped", sum(world.behind().values()))
                settle_and_check(world, told)
                told.did(f"{SHARE:.0%} of all packets lost, both ways, at every gate", time.monotonic() - began)
            end(world, told)
        except StuckError as error:
            stuck(world, told, error)
        for space in spaces.values():
            _count_packets(ip, iptables, space, told)
    return told


@contextmanager
def _space(ip: str, iptables: str, number: int) -> Iterator[str]:
    """A namespace whose only link loses packets."""
    name, here, there = f"kakou-faults-{os.getpid()}-{number}", f"kf{number}h", f"kf{number}g"
    near, far = f"{NETWORK}.{4 * number + 1}", f"{NETWORK}.{4 * number + 2}"
    within = [ip, "netns", "exec", name]
    drop = ["-m", "statistic", "--mode", "random", "--probability", str(SHARE), "-j", "DROP"]
    try:
        for command in (
            [ip, "netns", "add", name],
            [ip, "link", "add", here, "type", "veth", "peer", "name", there, "netns", name],
            [ip, "addr", "add", f"{near}/30", "dev", here],
            [ip, "link", "set", here, "up"],
            [*within, ip, "addr", "add", f"{far}/30", "dev", there],
            [*within, ip, "link", "set", there, "up"],
            [*within, ip, "link", "set", "lo", "up"],
            [*within, ip, "route", "add", "default", "via", near],
            [*within, iptables, "-A", "INPUT", "-i", there, *drop],
            [*within, iptables, "-A", "OUTPUT", "-o", there, *drop],
            *([*within, iptables, "-A", chain, "-j", "ACCEPT"] for chain in CHAINS),  # for its counter
        ):
            need_success(command, "a network namespace with loss")
        yield name
    finally:
        # the pair goes with its namespace, in its own time: our end is taken at once
        subprocess.run([ip, "link", "del", here], check=False, capture_output=True)
        subprocess.run([ip, "netns", "del", name], check=False, capture_output=True)


def _count_packets(ip: str, iptables: str, space: str, told: Account) -> None:
    for chain in CHAINS:
        listing = need_success(
            [ip, "netns", "exec", space, iptables, "-nvxL", chain], "the counters of a network namespace"
        )
        dropped, through = (int(rule.split()[0]) for rule in listing.splitlines()[2:])
        told.count("packets dropped", dropped)
        told.count("packets that came through", through)
