"""The process of a nightly batch: it gives way to whoever needs the processor more.

It is told the configuration on its standard input, and says in one line on its standard error what went wrong.
"""

from __future__ import annotations

import os
import pickle
import sys

from gateway.app.models import models_of
from gateway.app.process import utc_now
from gateway.core.night import Night, Plan
from gateway.core.night_folder import NightFolder
from gateway.errors import GatewayError
from scoring.errors import ScoringError
from store.engine import database_file
from store.errors import StoreError

_NICENESS = 19


def main() -> None:
    """Be the process."""
    os.nice(_NICENESS)
    config, out = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own process
    batch = config.scoring.batch
    database = database_file(config.store.url, config.folder)
    try:
        models = models_of(config)
        Night(NightFolder(out, batch.shards), database, models, Plan(utc_now(), per_second=batch.per_second)).run()
    except (GatewayError, StoreError, ScoringError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
