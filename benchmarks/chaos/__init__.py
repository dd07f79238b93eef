"""Texts in both directions while everything around and below the gateway fails; then the books are audited."""
