"""One town: its settings (hub.toml), its rules (operation.toml, from which `operation` makes the policy), its key files."""
