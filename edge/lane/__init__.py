"""One lane as a table of states: which event leads where, and what is done on the way. No hardware, no clock, no file."""
