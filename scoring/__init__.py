"""Arrays in, numbers out: forecasts and rankings. Knows no subscriber, no channel."""
