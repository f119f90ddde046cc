"""Every list and register of the hub as a file: CSV and workbook, at once or as a job with progress."""
