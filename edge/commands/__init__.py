"""The commands of `kakou-gate` that run beside the gate and not as the gate."""
