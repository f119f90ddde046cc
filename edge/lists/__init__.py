"""The signed lists that a gate holds (policy, pass list, commands) and the vehicles that are inside, in `lists.db`."""
