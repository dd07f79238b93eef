"""The gateway: everything that touches the outside."""
