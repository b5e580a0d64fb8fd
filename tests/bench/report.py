"""What is written down of a comparison: figures as JSON, tables between two marks of docs/performance.md, a picture."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from tests.bench.figures import LESS_IS_BETTER, Figure, Row, Spread, compare, read_headline, spread, summarise

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "tests/bench/results"
DOCUMENT, PICTURE = ROOT / "docs/performance.md", ROOT / "docs/performance.svg"
BEGIN, END = "<!-- make bench: begin -->", "<!-- make bench: end -->"
OURS, PEER, REDIS = "notification-gateway", "socket.io", "socket.io-redis"
PEERS = {"direct": REDIS}
"""Whom a scenario's ratios are against, where that is not socket.io in one process."""

RATE = "deliveries/s"
UNITS = {"connect": "connections/s", "idle": "KB a connection", "latency": "p99 ms", "latency-batched": "p99 ms"}
COLORS = {OURS: "#2563eb", "c-send": "#9ca3af"}
LEFT, WIDTH, LINE = 190, 430, 18


class Rounds(msgspec.Struct):
    """What rounds.json holds: every figure, where they were taken, and why some are not there."""

    surroundings: list[str]
    commit: str
    figures: list[Figure]
    absent: dict[str, str]


def read_rounds() -> Rounds | None:
    """Return what was written last."""
    path = RESULTS / "rounds.json"
    return msgspec.json.decode(path.read_bytes(), type=Rounds) if path.exists() else None


def write(rounds: Rounds, texts: Mapping[str, str]) -> None:
    """Write results, table and picture; `texts` say what each scenario is."""
    RESULTS.mkdir(exist_ok=True)
    rows = summarise(rounds.figures, rounds.commit)
    (RESULTS / "latest.json").write_bytes(msgspec.json.format(msgspec.json.encode(rows)) + b"\n")
    (RESULTS / "rounds.json").write_bytes(msgspec.json.format(msgspec.json.encode(rounds)) + b"\n")
    DOCUMENT.write_text(insert(DOCUMENT.read_text(), describe(rounds, texts)))
    PICTURE.write_text(draw(rounds.figures, [name for name in texts if has(rounds.figures, name)]))


def insert(document: str, text: str) -> str:
    """Put the text between the marks, in place of what stands there."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin + end == BEGIN + END, f"the document has no place for figures: {BEGIN} and {END}"
    return f"{before}{BEGIN}\n{text.strip()}\n{END}{after}"


def describe(rounds: Rounds, texts: Mapping[str, str]) -> str:
    """Return the section as markdown."""
    parts = ["\n".join(rounds.surroundings), "![The medians as bars](performance.svg)"]
    rows = summarise(rounds.figures, rounds.commit)
    for name, text in texts.items():
        if has(rounds.figures, name):
            parts.append(f"**{name}**: {text}\n\n{tabulate(rounds.figures, rows, name)}")
    if rounds.absent:
        parts.append("Not measured:\n\n" + "\n".join(f"- {what}: {why}" for what, why in rounds.absent.items()))
    return "\n\n".join(parts)


def tabulate(figures: Sequence[Figure], rows: Sequence[Row], scenario: str) -> str:
    """Return the table of a scenario: median [least to most] of the rounds, and ratios in the same round."""
    peer = PEERS.get(scenario, PEER)
    lines = [
        f"| system | {UNITS.get(scenario, RATE)} | times {peer} | p50 ms | p99 ms | CPU % | lost | order | rounds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if row.scenario == scenario:
            mine = (figure for figure in figures if (figure.scenario, figure.system) == (scenario, row.system))
            headline = spread(value for figure in mine if (value := read_headline(figure)) is not None)
            ratio = compare(figures, scenario, row.system, peer)
            cells = [
                show_spread(headline),
                show_spread(ratio),
                show(row.p50_ms),
                show(row.p99_ms),
                show(row.cpu_percent),
            ]
            lines.append(f"| {row.system} | {' | '.join(cells)} | {row.lost} | {row.reordered} | {row.rounds} |")
    return "\n".join(lines)


def has(figures: Iterable[Figure], scenario: str) -> bool:
    return any(figure.scenario == scenario for figure in figures)


def show(value: float | None) -> str:
    """Return a number in as many digits as it deserves."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def show_spread(found: Spread | None) -> str:
    return f"{show(found.middle)} [{show(found.least)} to {show(found.most)}]" if found else ""


def draw(figures: Sequence[Figure], scenarios: Iterable[str]) -> str:
    """Return a picture: bars for each scenario, the longest one being the best system of it."""
    lines, top = [], 10
    for name in scenarios:
        lines.append(f'<text x="8" y="{top + 13}" font-weight="bold">{name}: {UNITS.get(name, RATE)}</text>')
        top += LINE + 4
        bars = _find_bars(figures, name)
        longest = max((value for _, value in bars), default=0) or 1
        for system, value in bars:
            length = max(1, round(WIDTH * value / longest))
            lines.append(f'<text x="{LEFT - 8}" y="{top + 12}" text-anchor="end">{system}</text>')
            lines.append(
                f'<rect x="{LEFT}" y="{top + 2}" width="{length}" height="13" fill="{COLORS.get(system, "#f59e0b")}"/>'
            )
            lines.append(f'<text x="{LEFT + length + 6}" y="{top + 12}">{show(value)}</text>')
            top += LINE
        top += 10
    style = 'font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 90}" height="{top}" {style}>'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *lines, "</svg>", ""])


def _find_bars(figures: Sequence[Figure], scenario: str) -> list[tuple[str, float]]:
    found: dict[str, list[float]] = {}
    for figure in figures:
        if figure.scenario == scenario and (value := read_headline(figure)) is not None:
            found.setdefault(figure.system, []).append(value)
    middles = [(system, middle.middle) for system, values in found.items() if (middle := spread(values))]
    return sorted(middles, key=lambda bar: bar[1], reverse=scenario not in LESS_IS_BETTER)
