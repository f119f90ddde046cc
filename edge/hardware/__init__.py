"""A lane's devices behind gpiozero: lamps, barrier, sprayer, loops, buttons."""
