"""`rekey`: new keys for a town. Tested in `tests/hub/lifecycle/test_rekey.py`."""

import argparse
from pathlib import Path

from edge.contract.canonical import fingerprint, public_hex
from hub.backup import key as backup_key
from hub.commands.common import USER, Commands, changing, looking, now
from hub.enrolment.gates import bundle_of
from hub.errors import HubError
from hub.lifecycle.rekey import Rekeyed, hub_changed, rekey, states
from hub.passes import keys as pass_keys
from hub.town.secret_files import closed_folder, write_secret
from hub.town.town import Town


def add_commands(commands: Commands) -> None:
    """Adds `rekey`."""
    parser = commands.add_parser(
        "rekey",
        help="new keys for the whole town",
        description="After a backup or the hub was stolen: makes every key of the town anew (authority, broker, listener, hub, "
        "web, passes, gates), while the hub stands still. Everybody signs in again; every gate needs its new bundle. One that "
        "was cut off goes on. `rekey status` says which gates are not back yet.",
    )
    parser.add_argument("what", nargs="?", choices=("status",), help="only say how far it is")
    parser.add_argument("--bundles", type=Path, metavar="DIR", help="write every gate's new bundle into this folder")
    parser.add_argument(
        "--revoke-passes",
        metavar="REASON",
        help="end every pass at once, and issue all anew: whoever has the old key can make passes; without it they count on",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    return _status(arguments) if arguments.what == "status" else _rekey(arguments)


def _rekey(arguments: argparse.Namespace) -> int:
    revoke = arguments.revoke_passes
    if revoke is not None and not revoke.strip():
        raise HubError("--revoke-passes: expected why, found nothing")
    done = rekey(arguments.data, now(), revoke=revoke)
    print(f"new keys everywhere; the hub's fingerprint is now {done.fingerprint} (write it down)")
    print(
        f"key {done.kid} signs passes; "
        + ("all passes of before have ended" if revoke else "passes of before count on")
    )
    if arguments.bundles is not None:
        _write_bundles(done, arguments.bundles)
    print("what is left to do:")
    print("  start broker, listener and web again")
    for gate in done.gates:
        print(f"  carry the new bundle to gate {gate}: kakou-gate --data DIR enrol --again BUNDLE, and restart it")
    print("  new passwords and PINs: user passwd, officer pin (the old ones' hashes may be known)")
    print(
        "  backup-key new --replace, if its secret half may be known; then a backup: older ones bring the old keys back"
    )
    if not done.town.settings.broker.run:
        print("  your own broker: the certificate authority and the certificate in broker/")
    return 0


def _write_bundles(done: Rekeyed, folder: Path) -> None:
    closed_folder(folder)
    for gate in done.gates:
        file = folder / f"{gate}.bundle.json"
        # an older bundle of the gate's opens nothing any more
        file.unlink(missing_ok=True)
        with changing(done.town) as connection:
            write_secret(file, bundle_of(done.town, connection, gate, by=USER, now=now()).encode())
        print(f"{file}: the gate's keys are in it, carry it like one")


def _status(arguments: argparse.Namespace) -> int:
    town = Town.open(arguments.data)
    recipient = backup_key.find(town.settings)
    with looking(town) as connection:
        changed = hub_changed(connection, town.id)
        print(f"hub         {fingerprint(public_hex(town.key))}  {f'new since {changed}' if changed else 'as founded'}")
        print(f"backup key  {recipient.text if recipient else 'none (kakou-hub backup-key new)'}")
        for each in pass_keys.page(connection, town.id):
            if each.revoked_at is None:
                print(
                    f"pass key    {each.kid}  {each.passes} passes  {'signs' if each.current else 'an older one that counts on'}"
                )
        waiting = 0
        for state in states(connection, town.id):
            waiting += not state.is_back
            word = "has its new keys" if state.changed and state.is_back else "as it was made"
            if not state.is_back:
                word = f"not back since {state.changed}: carry its new bundle there"
            print(f"gate        {state.gate:<32}  {word}")
    print("every gate is on its present keys" if waiting == 0 else f"{waiting} gates still need their new bundle")
    return 0
