"""Whose address it is, for limits. Tested in `tests/hub/web/test_proxied.py`."""

import ipaddress


def network(text: str) -> str:
    """Whose address it is, for limits: an IPv6 subscriber has a whole /64 to take addresses from."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return text[:64]
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
