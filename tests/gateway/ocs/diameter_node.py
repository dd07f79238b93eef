"""A credit-control server on the node of python-diameter, in a process of its own: its threads end with it.

Answers every event with success, and tells in a line of JSON where it listens, then each time what it was asked.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from diameter.message import constants
from diameter.node import Node
from diameter.node.application import SimpleThreadingApplication


def tell(what: dict[str, Any]) -> None:
    """A line of JSON."""
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


def answer(application: Any, request: Any) -> Any:
    """A Credit-Control-Answer."""
    money = request.requested_service_unit.cc_money
    told = {
        "action": request.requested_action,
        "digits": money.unit_value.value_digits,
        "exponent": money.unit_value.exponent,
        "currency": money.currency_code,
        "subscriber": request.subscription_id[0].subscription_id_data,
        "session": request.session_id,
        "resent": request.header.is_retransmit,
    }
    tell(told)
    made = application.generate_answer(request, result_code=constants.E_RESULT_CODE_DIAMETER_SUCCESS)
    made.cc_request_type = request.cc_request_type
    made.cc_request_number = request.cc_request_number
    return made


def main(port: int, client: str, realm: str) -> None:
    """Serve until killed. client: the only peer that may come."""
    node = Node("ocs.example", realm, ["127.0.0.1"], tcp_port=port)
    node.retransmit_queue_size = 0  # its own detection of duplicates refuses them, where RFC 8506 wants the same answer
    peer = node.add_peer(f"aaa://{client}", realm)
    application = SimpleThreadingApplication(
        constants.APP_DIAMETER_CREDIT_CONTROL_APPLICATION, is_auth_application=True, request_handler=answer
    )
    node.add_application(application, [peer])
    node.start()
    tell({"listening": port})


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
