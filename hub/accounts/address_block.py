"""The block of network addresses that counts as one sender where requests are limited.

Tested in `tests/hub/web/test_proxied.py`.
"""

import ipaddress


def network(text: str) -> str:
    """Returns the block: an IPv4 address as it is, an IPv6 address's /64, for one subscriber may take any address of that."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return text[:64]
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
