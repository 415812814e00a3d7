"""The keys that go back with a run, take another way with it, or look back at it."""

from __future__ import annotations

from textual.binding import Binding, BindingType

DETOURS: list[BindingType] = [
    Binding(
        "b",
        "detour('branch')",
        "branch",
        tooltip="Go on from this step, or an earlier one, in another way",
        id="run.branch",
    ),
    Binding(
        "S",
        "detour('keep')",
        "keep state",
        key_display="S",
        tooltip="Keep the state of this instant, to come back to",
        id="run.keep",
        show=False,
    ),
    Binding(
        "L",
        "detour('return')",
        "back to it",
        key_display="L",
        tooltip="Go back to the state that was kept last",
        id="run.return",
        show=False,
    ),
    Binding(
        "u",
        "detour('take_up')",
        "take up",
        tooltip="Go on with a run that has ended",
        id="run.take_up",
        show=False,
    ),
    Binding(
        "a",
        "detour('guard')",
        "guard",
        tooltip="What is not finite holds the run, is said, or is not looked for",
        id="run.guard",
        show=False,
    ),
    Binding(
        "exclamation_mark",
        "rescue",
        "ways out",
        key_display="!",
        tooltip="What can be done with a step that an alarm holds",
        id="run.rescue",
        show=False,
    ),
]
BACK: list[BindingType] = [
    Binding(
        "comma",
        "scrub('open')",
        "look back",
        key_display=",",
        tooltip="A cursor over the curves: the whole screen as it was at an earlier step",
        id="back.open",
        show=False,
    ),
    *(
        Binding(key, f"scrub('{move}')", what, tooltip=tooltip, id=f"back.{move}", show=False)
        for key, move, what, tooltip in (
            ("left", "left", "earlier", "The cursor a column to the left"),
            ("right", "right", "later", "The cursor a column to the right"),
            ("shift+left", "ten_left", "ten earlier", "The cursor ten columns to the left"),
            ("shift+right", "ten_right", "ten later", "The cursor ten columns to the right"),
            ("home", "home", "first step", "The cursor to the first step"),
            ("end", "end", "last step", "The cursor to the last step"),
            ("enter", "type", "to a step", "The cursor to a step that is typed"),
            ("escape", "leave", "back to now", "Take the cursor away"),
        )
    ),
]
