"""The API for other programs: visits, gates, alerts, figures, the ledger's entries and passes as JSON, described by OpenAPI 3.1."""
