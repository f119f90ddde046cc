"""A question's rows as a file: cells that no spreadsheet runs, CSV text streamed, workbooks."""
