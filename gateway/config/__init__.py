"""The configuration of one gateway process."""
