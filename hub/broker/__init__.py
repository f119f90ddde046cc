"""The town's mosquitto: its settings, who may speak, its store."""
