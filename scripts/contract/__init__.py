"""What a third party builds on, made from the models: JSON Schemas and tables of `edge/contract`.

`python -m scripts.contract` writes `edge/contract/schemas` and `edge/contract/TABLES.md`; `python -m scripts.contract check` says what is
not as the models have it now. Neither a gate nor a hub imports any of this.
"""
