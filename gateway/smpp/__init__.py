"""SMPP 3.4: codec, sessions, the ESME and the SMSC side."""
