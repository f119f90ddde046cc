"""The commands of `kakou-gate` that are processes of their own beside the running gate: enrol, scan, selftest, outputs off."""
