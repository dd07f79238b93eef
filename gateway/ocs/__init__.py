"""Charging systems: triggers in, balances and purchases out."""
