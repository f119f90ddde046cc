"""The signed lists a gate holds, and which vehicles are inside."""
