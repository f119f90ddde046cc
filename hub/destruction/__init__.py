"""The lawful end of an operation's personal values: what is decided, destroyed step by step, and reported, signed."""
