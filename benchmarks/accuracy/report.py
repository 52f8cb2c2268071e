"""The benchmark's results as a table. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.accuracy.measuring import Accuracy

NOTE = """\
FPIR: strangers who get a name. TPIR: known people who get their own. In force: our thresholds for
1 % of strangers, the peers' fixed ones. Wrong face: pictures in which a face that is not the
picture's own lies nearest to the centre, where these pictures have the labelled one."""


def table(rows: Sequence[Accuracy]) -> str:
    """A line for each contender."""
    shapes = [str(one.shape) for one in rows[0].galleries]
    name_width = max(len(row.name) for row in rows)
    over = " " * (name_width + 24) + "".join(f"{shape:>16}" for shape in shapes)
    head = f"{'':{name_width}}  rank-1    EER  TAR 1e-3" + "     FPIR /  TPIR" * len(shapes)
    lines = [over, head + "   ms a face"]
    for row in rows:
        galleries = "".join(f"  {one.fpir:7.2%} / {one.tpir:6.1%}"[:19] for one in row.galleries)
        lines.append(
            f"{row.name:{name_width}}  {row.rank_1:6.2%} {row.equal_error_rate:6.2%}  "
            f"{row.tar:8.2%}{galleries}  {row.milliseconds_a_face:8.1f}"
        )
    lines.append(f"wrong face: {rows[0].wrong_face:.2%} of the pictures")
    return "\n".join([*lines, NOTE])
