"""What a browser is called in a few words, from what it says of itself: enough for users to know their own among their sessions.

Tested in `tests/hub/accounts/test_users.py`.
"""

BROWSERS = (
    ("MicroMessenger", "WeChat"), ("QQBrowser", "QQ Browser"), ("UCBrowser", "UC Browser"), ("QihooBrowser", "360"), ("360SE", "360"),
    ("HuaweiBrowser", "Huawei Browser"), ("MiuiBrowser", "Mi Browser"), ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"), ("Trident", "Internet Explorer"),
)  # fmt: skip
"""A part of the header and the browser that says it. The order counts: nearly all of them call themselves Chrome and Safari, too."""
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("HarmonyOS", "HarmonyOS"), ("OpenHarmony", "HarmonyOS"), ("Android", "Android"),
    ("Windows", "Windows"), ("CrOS", "ChromeOS"), ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_words(agent: str) -> str:
    """`Chrome, Windows` for a User-Agent header; empty where it says nothing that is known here."""
    found = [next((name for part, name in known if part in agent), "") for known in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, found))
