"""Processes: what `serve` starts and starts again, room to start in, systemd."""
