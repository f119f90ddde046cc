"""Any bytes as a QR text: hostile inputs against the gate's decision."""
