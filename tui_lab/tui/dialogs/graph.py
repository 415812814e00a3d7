"""The graph behind the loss, unfolded as a tree: from the loss to the parameters it hangs on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from tui_lab.inspection import GraphShown
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:  # made when it is first opened
    from textual.widgets import Tree
    from textual.widgets.tree import TreeNode

_LOOK = 0.25
"""Seconds between two looks at whether there is another graph."""


class GraphDialog(ModalScreen[None]):
    """Follows a run that is stepped on: each forward pass has a graph of its own."""

    DEFAULT_CSS = """
    GraphDialog {
        align: center middle;
        background: $background 60%;
        &:ansi { background: transparent; }

        #graph {
            width: 90%;
            max-width: 80;
            height: 90%;
            padding: 0 1;
            border: round $border;
            border-title-color: $accent;
            border-title-style: bold;
            border-subtitle-color: $text-muted;
            background: $surface;
        }
        Tree { background: transparent; scrollbar-size-vertical: 1; }
    }
    """
    HELP = (
        "Every operation of the forward pass has a node that knows its own backward; `backward()` "
        "walks from the loss to the leaves, and adds up in each what becomes its `.grad`."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,G,q", "dismiss", "back", tooltip="Close the graph", id="graph.close"),
        Binding(
            "full_stop",
            "advance",
            "phase",
            key_display=".",
            tooltip="Go on to the next phase of the step",
            id="graph.phase",
        ),
    ]

    def __init__(self, graph: Callable[[], GraphShown | None], advance: Callable[[], None]) -> None:
        """`graph` gives the newest there is, `advance` goes on by a phase."""
        super().__init__()
        self._graph = graph
        self._advance = advance
        self._shown: GraphShown | None = None

    def compose(self) -> ComposeResult:
        from textual.widgets import Tree  # 5 ms that the first paint can do without

        with Vertical(id="graph") as box:
            box.border_title = "The graph behind the loss"
            tree: Tree[None] = Tree("loss")
            tree.show_root = True
            yield tree

    def on_mount(self) -> None:
        self.look()
        self.set_interval(_LOOK, self.look)

    def look(self) -> None:
        """Show the newest graph, if it is another one."""
        from textual.widgets import Tree

        graph = self._graph()
        if graph is None or graph == self._shown:
            return
        self._shown = graph
        unfold(self.query_one(Tree), graph)
        phase = f"{plain(graph.phase)} of step" if graph.phase else "step"
        self.query_one("#graph").border_subtitle = Content(f"after {phase} {graph.step:,}")

    def action_advance(self) -> None:
        """Go on, and stay here."""
        self._advance()


def unfold(tree: Tree[None], graph: GraphShown) -> None:
    """Make the tree that of a graph, open to its leaves."""
    tree.clear()
    tree.root.expand()
    made: list[TreeNode[None]] = []
    inputs = {int(node["parent"]) for node in graph.nodes}
    for place, node in enumerate(graph.nodes):
        parent = int(node["parent"])
        above = made[parent] if 0 <= parent < place else tree.root
        more = int(node.get("more", 0))
        is_inner = place in inputs or bool(more)
        made.append(above.add(node_label(node), expand=True, allow_expand=is_inner))
    for place, node in enumerate(graph.nodes):
        if more := int(node.get("more", 0)):
            made[place].add_leaf(Text(f"… {more:,} more", style="italic"))


def node_label(node: dict[str, Any] | Any) -> Text:
    """`MulBackward0`; of a leaf its parameter: `w  AccumulateGrad`."""
    name, leaf = plain(node["name"]), plain(node.get("of", ""))
    label = Text.assemble((leaf, "bold"), f"  {name}") if leaf else Text(name)
    if node.get("again"):
        label.append("  ↑ unfolded above", style="dim")
    return label
