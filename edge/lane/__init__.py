"""One lane: which vehicles are near, where its arm is, and what is done with the vehicle in turn. No hardware, no clock, no file."""
