"""What a model of profiles says of itself: its card, and its figures."""

from __future__ import annotations

from scoring.profile_training import Report
from scoring.profiles import GRU, Profile, ProfileModel

_SAID = {
    "mean_of_all": "the mean of everybody",
    "last_week": "the week before alone",
    "summary": "the 28-day summary",
    "gru": "the recurrent network",
}


def metrics(model: ProfileModel, report: Report) -> dict[str, float]:
    """Figures, those of the baseline beside them; errors are mean absolute, in log megabytes of the next week."""
    k = len(model.profiles)
    found = {f"next_week_mae_{name}": error for name, error in report.errors.items()}
    return {
        **found,
        "next_week_mae": report.errors[report.used],
        "baseline_next_week_mae": report.errors["last_week"],
        "groups": float(k),
        "silhouette": report.silhouettes[k],
        "stability": report.stabilities[k],
        "baseline_silhouette": report.by_chance,
    }


def card(model: ProfileModel, report: Report) -> str:
    """Markdown."""
    return "\n".join(
        (
            "# Behaviour profiles",
            "",
            _people(report),
            "",
            "## Which description of 28 days is used",
            *_errors(report),
            "",
            _verdict(report),
            "",
            "## How many groups",
            "| groups | silhouette | stability (adjusted Rand index over bootstraps) |",
            "|---|---|---|",
            *(f"| {k} | {report.silhouettes[k]:.3f} | {report.stabilities[k]:.3f} |" for k in report.silhouettes),
            "",
            _groups(report),
            "",
            "## Profiles",
            "| | profile | people | share | stability | bundle |",
            "|---|---|---|---|---|---|",
            *_profiles(model),
            "",
            "Bundles are calculated from worths and costs that are assumed, not from what people took.",
            "",
        )
    )


def _people(report: Report) -> str:
    return (
        f"{report.people} people, {report.held_out} of them held out while descriptions were compared; "
        f"{report.left_out} of whom too little is known left out."
    )


def _errors(report: Report) -> list[str]:
    rows = [f"| {_SAID[name]} | {error:.4f} |" for name, error in report.errors.items()]
    return ["| next week's use guessed from | mean absolute error, log MB, people held out |", "|---|---|", *rows]


def _verdict(report: Report) -> str:
    """In words: what was compared, and what won."""
    last = report.errors["last_week"]
    behind = (
        ""
        if report.errors[report.used] < last
        else " Nor is it better than the week before alone: use it to group people, not to forecast."
    )
    if report.gain is None:
        return f"The 28-day summary is used; no recurrent network was tried.{behind}"
    gain, low, high = report.gain
    told = f"by {gain:+.4f} (95 % interval {low:+.4f} to {high:+.4f})"
    if report.used == GRU:
        return f"The recurrent network is used: it is better than the summary {told}.{behind}"
    return f"The 28-day summary is used: the recurrent network is not better beyond chance, {told}.{behind}"


def _groups(report: Report) -> str:
    beside = f"silhouette {report.silhouettes[report.groups]:.3f}; people of one kind would give {report.by_chance:.3f}"
    if report.groups_found:
        found = f"{report.groups} groups: the most that are as stable as any, and parted nearly as well as the best"
    else:
        found = "These people are not of kinds, no groups are stable and well parted: the profiles only cut them up"
    return f"{found} ({beside})."


def _profiles(model: ProfileModel) -> list[str]:
    return [
        f"| {at} | {one.name} | {one.size} | {one.share:.1%} | {one.stability:.2f} | {_bundle(one)} |"
        for at, one in enumerate(model.profiles)
    ]


def _bundle(profile: Profile) -> str:
    return ", ".join(f"{name} {best['size']:g}" for name, best in profile.bundle.items()) or "none earns"
