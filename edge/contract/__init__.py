"""The contract between gate and hub, a module for each part: topics, messages, kinds of records (`facts`), reasons with their verdicts and words, a gate's alarms, the signed policy, passes, plates.

Nothing here does I/O, reads a clock or imports anything else of the project: bytes and values in, values out.
`README.md` beside this file is the same contract in words, for a third party.
"""
