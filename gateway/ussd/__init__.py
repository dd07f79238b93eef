"""The USSD door: hops come over HTTP from an aggregator or an operator's gateway, each in its own dialect."""
