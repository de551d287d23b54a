"""The wiring: what is started, and with which parts."""
