"""Shell lines for somebody who sees Chasqui for the first time, shown on the status page."""

from __future__ import annotations

_EVENT = (
    '{"specversion":"1.0","id":"\'$(date +%s%N)\'","source":"ocs/try","type":"bundle.depleting",'
    '"time":"\'$(date -u +%FT%TZ)\'","subject":"+573001112233","data":{"bundle":{"id":"b-\'$(date +%s%N)\'",'
    '"unit":"byte","initial":1073741824,"remaining":96636764},"threshold":0.1}}'
)


def first_steps(
    gateway: str, smsc_control: str | None, service_number: str, ocs_control: str | None, service_code: str | None
) -> list[tuple[str, str]]:
    """Title and shell line of each step; addresses are base URLs, None where the peer is not a simulator of ours.

    service_code: what to dial; None where this machine may not come in by itself.
    """
    steps = [
        (
            "A bundle runs low: the subscriber gets an alert with an offer",
            f"curl -s {gateway}/triggers -H 'Content-Type: application/cloudevents+json' -d '{_EVENT}'",
        )
    ]
    if smsc_control is not None:
        answer = f'{{"from":"573001112233","to":"{service_number}","text":"1"}}'
        steps += [
            ("The subscriber answers 1: the bundle is bought", f"curl -s {smsc_control}/mo -d '{answer}'"),
            ("What the phone got", f"curl -s {smsc_control}/messages"),
        ]
    if ocs_control is not None:
        steps.append(("What was charged", f"curl -s {ocs_control}/ledger"))
    if service_code is not None:
        hop = (
            f"curl -s {gateway}/ussd/africastalking -d sessionId=$(date +%s) -d phoneNumber=%2B573001112233 "
            f"--data-urlencode 'serviceCode={service_code}' -d text="
        )
        steps.append((f"The subscriber dials {service_code}", hop))
    return steps
