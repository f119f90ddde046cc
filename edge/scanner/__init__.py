"""Codes read from pictures: a ladder of decoders, a tracker of what stands before the camera, a process that may be killed."""
