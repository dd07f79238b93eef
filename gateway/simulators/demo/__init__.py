"""The whole micro-moment, played over the real wires by separate processes and printed as a transcript."""
