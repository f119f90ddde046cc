"""The database: its tables (`schema`; each change also needs a step in `migrations/versions`), engines and statements. The only place where dialects differ."""
