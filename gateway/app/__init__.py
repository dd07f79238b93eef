"""The one place that builds concretes: from a configuration to a running gateway."""

from gateway.app.gateway import Gateway
from gateway.app.process import quiet_collector, utc_now

__all__ = ["Gateway", "quiet_collector", "utc_now"]
