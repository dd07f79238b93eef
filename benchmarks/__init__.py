"""How much processor time one operation of the gateway costs, beside a named baseline."""
