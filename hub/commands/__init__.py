"""The commands of kakou-hub, a module for each subject: `add_commands` adds a subcommand and its options, a function runs it and prints."""
