"""A contest as a table and lines for people."""

from collections.abc import Sequence

from rich.table import Table

from scaler.simulation.contest import HINDSIGHT, OURS, Contest, Score, kept, mean_ratio, total_ratio


def contest_table(contest: Contest) -> Table:
    """Policies line by line, with the bounds below."""
    trace = contest.trace
    table = Table(
        title=f"{trace.name}: {trace.jobs:,} pictures, {trace.work_seconds:,.0f} s of work",
        title_justify="left",
        caption=bounds_text(contest),
        caption_justify="left",
    )
    table.add_column("Policy")
    columns = ("$ / 1,000", "x bound", "First", "p50", "p95", "Longest", "Kept")
    for column in (*columns, "Launches", "Functions", "Most"):
        table.add_column(column, justify="right")
    for score in contest.scores:
        table.add_row(*_cells(score, contest), style="bold" if score.policy == OURS else None)
    return table


def _cells(score: Score, contest: Contest) -> list[str]:
    name = f"{score.policy} (hindsight)" if score.policy == HINDSIGHT else score.policy
    outcome = score.outcome
    return [
        name,
        f"{1000 * score.cost / contest.trace.jobs:.4f}",
        f"{score.compute / contest.clairvoyant:.2f}",
        f"{score.first:.1f} s",
        f"{score.p50:.2f} s",
        f"{score.p95:.2f} s",
        f"{score.longest:.1f} s",
        f"{100 * score.kept:.1f} %",
        str(outcome.launches),
        str(outcome.function_starts),
        f"{outcome.most_billed} + {outcome.most_functions}",
    ]


def bounds_text(contest: Contest) -> str:
    """The bound of this trace, and our distance from it."""
    ours = contest.ours
    thousand = 1000 / contest.trace.jobs
    return (
        f"Floor from zero: first answer {contest.latency_floor:.1f} s. "
        f"Bound, for who knows the future: ${thousand * contest.clairvoyant:.4f} per 1,000. "
        f"Cost and delay together: ours {ours.objective / contest.objective:.2f} x optimum. "
        f"{_standing(contest)}"
    )


def _standing(contest: Contest) -> str:
    if contest.beaten_by:
        return f"BEATEN in both cost and p95 by {', '.join(contest.beaten_by)}."
    if contest.beaten_in_hindsight:
        return "No peer is better in both; a fleet sized in hindsight is."
    return "Nobody is better in both."


def summary_lines(contests: Sequence[Contest], virtual_hours: float, seconds: float) -> list[str]:
    """What all traces together say."""
    beaten = [contest.trace.name for contest in contests if contest.beaten_by]
    hindsight = [contest.trace.name for contest in contests if contest.beaten_in_hindsight]
    worst = max(contests, key=lambda contest: contest.ours.objective / contest.objective)
    return [
        f"Beaten by a peer in both cost and p95 latency: {_listed(beaten)}. "
        f"By a fixed fleet sized in hindsight: {_listed(hindsight)}.",
        _ratios(contests),
        "Cost and delay together, worst trace: "
        f"{worst.ours.objective / worst.objective:.2f} x the clairvoyant optimum "
        f"({worst.trace.name}). "
        "No deterministic online rule can promise less than 3 in general (arXiv 1807.05112).",
        f"{virtual_hours:,.0f} virtual hours in {seconds:.1f} s of simulation, bounds included.",
    ]


def _ratios(contests: Sequence[Contest]) -> str:
    """Cost over the bounds, on the traces where that is a fair question."""
    within = kept(contests)
    text = f"The promise was kept on {len(within)} of {len(contests)} traces"
    if not within:
        return f"{text}: see the column Kept."
    return (
        f"{text}; there, cost over the clairvoyant bound: "
        f"mean {mean_ratio(contests):.2f}, of the sum {total_ratio(contests):.2f}."
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "on no trace"
