"""The way to the hub: one MQTT session, a window of batches, acknowledgements."""
