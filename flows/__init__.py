"""The business state machines, their events and effects; market packs. Pure."""
