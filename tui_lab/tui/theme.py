"""The colours of the lab: a dark and a light theme, and one that keeps the terminal's own palette.

Every colour of the first two is one of xterm's 256, so that they look the same with 24 bits of
colour and with 8. Beside Textual's names they define `series-first` … `series-sixth`,
`series-muted` and `series-accent` for the lines of a chart, and `status-*` for the states of a run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.theme import Theme

from tui_lab.config import Theme as ThemeChoice

_ROLES = ("first", "second", "third", "fourth", "fifth", "sixth", "muted", "accent")


def _series(*colours: str) -> dict[str, str]:
    return {f"series-{role}": colour for role, colour in zip(_ROLES, colours, strict=True)}


def _statuses(live: str, paused: str, finished: str, failed: str) -> dict[str, str]:
    return {
        "status-live": live,
        "status-paused": paused,
        "status-finished": finished,
        "status-failed": failed,
    }


DARK = Theme(
    name="lab-dark",
    dark=True,
    primary="#5fafd7",
    secondary="#8787af",
    accent="#ffaf5f",
    foreground="#dadada",
    background="#121212",
    surface="#1c1c1c",
    panel="#262626",
    boost="#303030",
    success="#87d787",
    warning="#ffd75f",
    error="#ff5f5f",
    variables={
        "border": "#5fafd7",
        "border-blurred": "#444444",
        "text-muted": "#949494",
        "block-cursor-background": "#3a3a3a",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#303030",
        "block-cursor-blurred-foreground": "#dadada",
        "footer-background": "#1c1c1c",
        "footer-key-foreground": "#ffaf5f",
        "footer-description-foreground": "#bcbcbc",
        **_series(
            *("#5fafff", "#ffaf5f", "#87d787", "#d787d7", "#ffd75f", "#5fd7d7"),
            *("#6c6c6c", "#ff5f87"),
        ),
        **_statuses("#87d787", "#ffd75f", "#8a8a8a", "#ff5f5f"),
    },
)

LIGHT = Theme(
    name="lab-light",
    dark=False,
    primary="#005f87",
    secondary="#5f5f87",
    accent="#af5f00",
    foreground="#303030",
    background="#ffffff",
    surface="#eeeeee",
    panel="#e4e4e4",
    boost="#dadada",
    success="#008700",
    warning="#875f00",
    error="#af0000",
    variables={
        "border": "#005f87",
        "border-blurred": "#bcbcbc",
        "text-muted": "#5f5f5f",
        "block-cursor-background": "#afd7ff",
        "block-cursor-foreground": "#121212",
        "block-cursor-blurred-background": "#dadada",
        "block-cursor-blurred-foreground": "#303030",
        "footer-background": "#eeeeee",
        "footer-key-foreground": "#af5f00",
        "footer-description-foreground": "#4e4e4e",
        **_series(
            *("#005faf", "#d75f00", "#008700", "#8700af", "#875f00", "#008787"),
            *("#9e9e9e", "#af005f"),
        ),
        **_statuses("#008700", "#875f00", "#6c6c6c", "#af0000"),
    },
)


def _ansi(name: str, *, dark: bool) -> Theme:
    return Theme(
        name=name,
        dark=dark,
        ansi=True,
        primary="ansi_blue",
        secondary="ansi_cyan",
        accent="ansi_magenta",
        warning="ansi_yellow",
        error="ansi_red",
        success="ansi_green",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        luminosity_spread=0.15,
        text_alpha=0.95,
        variables=_ansi_variables(dark=dark),
    )


def _ansi_variables(*, dark: bool) -> dict[str, str]:
    bold, grey = (
        ("ansi_bright_white", "ansi_bright_black") if dark else ("ansi_black", "ansi_white")
    )
    cursor = "ansi_white" if dark else "ansi_black"
    under_cursor = "ansi_black" if dark else "ansi_bright_white"
    return {
        "ansi-background": "ansi_black" if dark else "ansi_white",
        "ansi-foreground": "ansi_white" if dark else "ansi_black",
        "border": "ansi_blue",
        "border-blurred": "ansi_bright_black",
        "text-muted": "ansi_bright_black",
        "block-cursor-foreground": under_cursor,
        "block-cursor-background": cursor,
        "input-cursor-background": grey,
        "input-cursor-foreground": bold,
        "input-cursor-text-style": "none",
        "input-selection-background": "ansi_bright_blue",
        "input-selection-foreground": under_cursor,
        "screen-selection-background": "ansi_bright_blue",
        "screen-selection-foreground": under_cursor,
        **_series(
            *("ansi_bright_blue", "ansi_yellow", "ansi_green", "ansi_magenta"),
            *("ansi_red", "ansi_cyan", "ansi_bright_black", "ansi_bright_red"),
        ),
        **_statuses("ansi_green", "ansi_yellow", "ansi_default", "ansi_red"),
    }


ANSI_DARK = _ansi("lab-ansi-dark", dark=True)
ANSI_LIGHT = _ansi("lab-ansi-light", dark=False)
THEMES = (DARK, LIGHT, ANSI_DARK, ANSI_LIGHT)


def theme_name(choice: ThemeChoice, environ: Mapping[str, str] = os.environ) -> str:
    """The Textual theme for a setting; `ansi` follows the background that the terminal reports."""
    if choice == "ansi":
        return (ANSI_LIGHT if _has_light_background(environ) else ANSI_DARK).name
    return {"dark": DARK, "light": LIGHT}[choice].name


def _has_light_background(environ: Mapping[str, str]) -> bool:
    """$COLORFGBG, `foreground;background`, as rxvt, Konsole and others set it."""
    return environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
