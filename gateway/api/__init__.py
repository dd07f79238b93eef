"""The REST interface for apps and CRM."""
