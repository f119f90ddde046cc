"""The town's mosquitto: its configuration and access list (`mosquitto`, made from the contract's topics), the list's way to it (`access`), its store."""
