"""Texts by way of HTTP aggregators."""
