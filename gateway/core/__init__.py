"""One trigger, one text, one outbox row: the straight lines through the house."""
