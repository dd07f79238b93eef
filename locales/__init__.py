"""Text catalogues and formats for money, sizes, durations and dates. Pure."""
