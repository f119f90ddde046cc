"""The database: its tables, its engines, its statements and its steps from version to version. The only place where dialects differ."""
