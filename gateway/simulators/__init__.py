"""Peers that a new user starts with; they speak the real wires."""
