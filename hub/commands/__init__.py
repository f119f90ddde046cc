"""The commands of kakou-hub, one module a subject: each function takes the parsed arguments and prints."""
