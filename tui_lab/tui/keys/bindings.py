"""The keys that work on every screen."""

from __future__ import annotations

from textual.binding import Binding, BindingType

EVERYWHERE: list[BindingType] = [
    Binding(
        "question_mark,f1",
        "help",
        "help",
        key_display="?",
        tooltip="Every key of this screen",
        id="app.help",
    ),
    Binding("q", "quit", "quit", tooltip="Leave the lab; asks about its live runs", id="app.quit"),
    Binding("g", "home", "home", tooltip="Experiments and runs", id="app.home"),
    Binding("h", "runs", "runs", tooltip="Every run ever made", id="app.runs"),
    Binding(
        "o",
        "overlay",
        "overlay",
        tooltip="Choose runs of this experiment to lay over its charts",
        id="app.overlay",
        show=False,
    ),
    Binding(
        "ctrl+p",
        "command_palette",
        "palette",
        tooltip="Find any action by its name",
        id="app.palette",
    ),
    Binding(
        "f2",
        "next_theme",
        "theme",
        tooltip="Dark, light, or the terminal's own colours",
        id="app.theme",
        show=False,
    ),
]
