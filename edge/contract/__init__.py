"""What gate and hub say to each other: topics, messages, kinds of records (`facts`), reasons and verdicts, alarms, passes, plates.

Nothing here does I/O, reads a clock or imports anything else of the project: bytes and values in, values out.
`README.md` beside this file is the same contract in words, for a third party.
"""
