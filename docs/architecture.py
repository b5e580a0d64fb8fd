"""Draws docs/architecture.svg: run `python docs/architecture.py` after a change and commit both.

Standard library only. Boxes and arrows are data at the top; everything else is how they are drawn. Colours follow the
reader's light or dark theme.
"""

from dataclasses import dataclass
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 1120, 540

STYLE = """
  svg { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; background: #ffffff }
  .box { fill: #ffffff; stroke: #475569; stroke-width: 1.5 }
  .record { fill: #dbeafe; stroke: #1d4ed8; stroke-width: 2.5 }
  .queue { fill: #dcfce7; stroke: #15803d }
  .ours, .holder { fill: #fef3c7; stroke: #b45309 }
  .later { fill: #f8fafc; stroke: #94a3b8; stroke-dasharray: 5 4 }
  .name { font-size: 16px; font-weight: 600; fill: #0f172a }
  .note { font-size: 12.5px; fill: #475569 }
  .label { font-size: 12.5px; fill: #334155 }
  .arrow { fill: none; stroke: #475569; stroke-width: 1.8; marker-end: url(#head) }
  .dashed { stroke-dasharray: 5 4; stroke: #94a3b8; marker-end: url(#faint) }
  @media (prefers-color-scheme: dark) {
    svg { background: #0f172a }
    .box { fill: #1e293b; stroke: #94a3b8 }
    .record { fill: #1e3a8a; stroke: #60a5fa }
    .queue { fill: #14532d; stroke: #4ade80 }
    .ours, .holder { fill: #57380c; stroke: #fbbf24 }
    .later { fill: #131e33; stroke: #64748b }
    .name { fill: #f1f5f9 }
    .note, .label { fill: #cbd5e1 }
    .arrow { stroke: #94a3b8 }
    .dashed { stroke: #64748b }
    #head path { fill: #94a3b8 }
  }
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A labelled rectangle; `x` and `y` are its top left corner, all sizes in pixels."""

    x: int
    y: int
    width: int
    height: int
    name: str
    notes: tuple[str, ...] = ()
    kind: str = "box"


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line through `points` with a head at its end and a text at `at`."""

    points: tuple[tuple[int, int], ...]
    text: tuple[str, ...] = ()
    at: tuple[int, int] = (0, 0)
    kind: str = ""
    anchor: str = "middle"


ENGINE = ("turns one file, a NotificationCluster,", "into all of this")
RECORD = (
    "the record of truth",
    "",
    "an inbox a user: a log of changes,",
    "each numbered (seq) and linked (prev)",
    "idempotency keys, outbox, dead letters",
)

BOXES = (
    Box(24, 92, 160, 76, "Producers", ("your services:", "REST and a JWT")),
    Box(24, 182, 160, 92, "Devices", ("browsers, apps:", "the stock", "socket.io-client")),
    Box(374, 24, 200, 358, "Gateway", ("several, one address",), "holder"),
    Box(392, 92, 164, 76, "Accept", ("many requests,", "one transaction")),
    Box(392, 190, 164, 76, "Session", ("recover by cursor,", "then live, in order")),
    Box(392, 288, 164, 76, "Outbox", ("publish, and note", "that it is published")),
    Box(780, 92, 316, 174, "PostgreSQL", RECORD, "record"),
    Box(780, 314, 156, 76, "NATS JetStream", ("hands out the work,", "is never the truth"), "queue"),
    Box(780, 440, 190, 76, "Worker", ("several: dispatch,", "retry, dead letters"), "ours"),
    Box(1002, 440, 94, 76, "Channels", ("mail, push,", "later"), "later"),
    Box(24, 440, 270, 76, "notification-operator", ENGINE, "ours"),
)

ARROWS = (
    Arrow(((184, 116), (392, 116)), ("POST a notification",), (279, 108)),
    Arrow(((392, 146), (184, 146)), ("201 after COMMIT",), (279, 138)),
    Arrow(((392, 214), (184, 214)), ("notification, cursor",), (279, 206)),
    Arrow(((184, 244), (392, 244)), ("cursor after a break, read",), (279, 236)),
    Arrow(((556, 130), (780, 130)), ("COMMIT: numbered, stored",), (677, 122)),
    Arrow(((780, 228), (556, 228)), ("what a cursor has missed",), (677, 220)),
    Arrow(((556, 340), (780, 340)), ("after COMMIT: the job",), (677, 332)),
    Arrow(((858, 390), (858, 440)), ("jobs",), (868, 420), anchor="start"),
    Arrow(((953, 440), (953, 266)), ("outcomes, and a", "sweep of what", "was missed"), (965, 336), anchor="start"),
    Arrow(((780, 464), (474, 464), (474, 382)), ("core NATS: event to the user's gateways",), (627, 456)),
    Arrow(((294, 464), (412, 464), (412, 382)), (), (0, 0), "dashed"),
    Arrow(((294, 496), (780, 496)), ("starts, restarts, drains",), (537, 514), "dashed"),
    Arrow(((970, 478), (1002, 478)), (), (0, 0), "dashed"),
)


def draw() -> str:
    """The whole picture as one SVG document."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title">',
        '<title id="title">How a notification travels from a producer to every device of its recipient</title>',
        f"<style>{STYLE}</style>",
        f"<defs>{draw_head('head', '#475569')}{draw_head('faint', '#94a3b8')}</defs>",
        *map(draw_box, BOXES),
        *map(draw_arrow, ARROWS),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def draw_head(name: str, colour: str) -> str:
    """The marker at the end of an arrow."""
    place = 'viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"'
    return f'<marker id="{name}" {place}><path d="M0 0 10 5 0 10z" fill="{colour}"/></marker>'


def draw_box(box: Box) -> str:
    """A rectangle with its name and notes in the middle, or at the top if it holds other boxes."""
    shape = f'<rect class="{box.kind}" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="9"/>'
    middle = box.x + box.width // 2
    lines = 16 + 17 * len(box.notes)
    top = box.y + 14 if box.kind == "holder" else box.y + (box.height - lines) // 2 - 2
    texts = [draw_text("name", middle, top + 14, box.name)]
    texts += [draw_text("note", middle, top + 32 + 17 * row, note) for row, note in enumerate(box.notes)]
    return shape + "".join(texts)


def draw_arrow(arrow: Arrow) -> str:
    """A line and its text."""
    path = "M" + " L".join(f"{x} {y}" for x, y in arrow.points)
    line = f'<path class="arrow {arrow.kind}" d="{path}"/>'
    x, y = arrow.at
    return line + "".join(
        draw_text("label", x, y + 16 * row, text, arrow.anchor) for row, text in enumerate(arrow.text)
    )


def draw_text(kind: str, x: int, y: int, text: str, anchor: str = "middle") -> str:
    """One line of text."""
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(), encoding="utf-8")
