"""One town: its settings, its rules, its key files."""
