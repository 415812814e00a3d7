"""The line under the panes: where the run stands, what was changed, what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from tui_lab.run import RunStatus
from tui_lab.tui.widgets.line import Line
from tui_lab.view_models.damage import damaged_lines
from tui_lab.view_models.divergence import CAUSES, diverged_words
from tui_lab.view_models.number_format import duration, percent
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:  # the view models need numpy, which is imported after the first paint
    from tui_lab.view_models.change import Change
    from tui_lab.view_models.run import RunView

_MARKS = 3
"""Marks named in the line; the curves carry them all."""


_MOST_ALARMS = 3
"""There is room for no more, and what came first is the cause; the log has them all."""


class StatusLine(Line):
    """`step 400/400  epoch 100/100  7,820 steps/s  0:00 left  lab 1.3 %   a 212: λ 3 → 10`"""

    def show_view(
        self,
        view: RunView,
        *,
        frozen: bool = False,
        crash: str = "",
        verdict: str = "",
        overlaid: str = "",
        card: str = "",
        terminal: str = "",
    ) -> None:
        """Show where a run stands; `crash` says why its worker is gone, if it is, `verdict` whether
        a guess was right, `overlaid` which other runs are drawn too, and `card` how to make the run
        again, where there is room for that. What was done from another than this `terminal` is said
        to be."""
        reason = (Content.styled(crash, "bold $error"),) if crash else ()
        judged = (Content.styled(verdict, "bold $accent"),) if verdict else ()
        parts = progress(view, frozen=frozen, crashed=bool(crash))
        again = (*cost(view), *((Content.styled(card, "$text-muted"),) if card else ()))
        said = (*remarks(view, overlaid, terminal), *judged, *reason)
        if said:
            self.show(parts, (*again, *guard(view), *said))
        else:
            self.show((*parts, *guard(view), *again))  # where the last goes first

    def show_hint(self, sentence: str) -> None:
        """Show a sentence while there is no run."""
        self.show((Content.styled(sentence, "$text-muted"),))

    def show_past(self, view: RunView, keys: Sequence[str]) -> None:
        """Show which step is looked back at, and what can be done there."""
        at = Content(f"looking back at step {view.cursor:,} of {view.step:,}")
        self.show((at,), tuple(Content.styled(words, "$text-muted") for words in keys))


def progress(view: RunView, *, frozen: bool = False, crashed: bool = False) -> tuple[Content, ...]:
    """Step, epoch, speed and time, the more important first."""
    if view.experiment is not None and view.experiment.demonstration:
        hint = Content.styled("turn a knob, and all of it is computed again", "$text-muted")
        return (_end(view) if view.ended else hint,)
    parts = [_count("step", view.step, view.total_steps)]
    if view.phase is not None:
        at = f"at {plain(view.phase)} of step {view.phase_step}"
        parts.append(Content.styled(at, "bold $status-paused"))
    if view.total_epochs:
        parts.append(_count("epoch", view.epoch, view.total_epochs))
    if view.total_steps and view.steps_per_second and not crashed:
        parts.append(Content(f"{view.steps_per_second:,.0f} steps/s"))
    if view.ended is not None:
        parts.append(_end(view))
    elif view.time_left is not None and not crashed:
        parts.append(Content(f"{duration(view.time_left)} left"))
    if frozen:
        parts.insert(1, Content.styled("frozen", "bold $warning"))
    return tuple(parts)


def cost(view: RunView) -> tuple[Content, ...]:
    """`lab 1.3 %`: the part of the time that the lab itself takes; nothing in older logs."""
    share = view.pace.lab_share
    if share is None:
        return ()
    return (Content.assemble(("lab ", "$text-muted"), percent(share)),)


def remarks(view: RunView, overlaid: str = "", terminal: str = "") -> tuple[Content, ...]:
    """Alarms in words, other runs and the last marks, the least important first."""
    parts = [_mark(change, terminal) for change in view.marks[-_MARKS:]]
    parts += [Content.styled(overlaid, "$text-muted")] if overlaid else []
    if alarm := alarms(view):
        parts.append(Content.styled(plain(alarm), "bold $error"))
    if view.status is RunStatus.FAILED:
        parts.append(Content.styled(plain(getattr(view.ended, "error", "")), "bold $error"))
    if damage := damaged_lines(view.damage):
        parts.append(Content.styled(damage, "bold $error"))
    if view.pause_reason:
        parts.append(Content.styled(plain(view.pause_reason), "bold $warning"))
    return tuple(parts)


def guard(view: RunView) -> tuple[Content, ...]:
    """`guard hold`: what comes of a loss or gradient that is not finite, while one may come."""
    trains = view.experiment is None or not view.experiment.demonstration
    if view.ended is not None or not trains:
        return ()
    return (Content.styled(f"guard {view.keeping.guard}", "$text-muted"),)


def alarms(view: RunView) -> str:
    """That the run diverged, by what was seen first; each other kind of alarm once, with the step
    at which it was first raised."""
    first: dict[str, str] = {}
    for alarm in view.alarms:
        words = alarm.message.rstrip(".")
        if alarm.kind not in CAUSES and not alarm.held:  # what holds the run is the reason of that
            first.setdefault(alarm.kind, f"{words} from step {alarm.step:,}")
        elif alarm.step == view.diverged:
            said = f"{diverged_words(view.diverged)}: {CAUSES[alarm.kind]}"
            first.setdefault("diverged", said)
    return ", ".join(list(first.values())[:_MOST_ALARMS])


def _end(view: RunView) -> Content:
    """`done in 0:03`, `stopped after 0:03`, `failed at step 12`."""
    if view.status is RunStatus.FAILED:
        step = getattr(view.ended, "step", view.step)
        return Content.styled(f"failed at step {step:,}", "bold $status-failed")
    word = "stopped after" if view.status is RunStatus.STOPPED else "done in"
    return Content(f"{word} {duration(view.t)}")


def _mark(change: Change, terminal: str) -> Content:
    """`a 212: λ 3 → 10 (applied at step 213)`: asked for after step 212, used from 213 on; `by
    pts/3` where that was not this terminal."""
    by = f" by {change.by}" if change.by and change.by != terminal else ""
    return Content.assemble(
        (change.letter, "bold $accent"),
        f" {max(0, change.step - 1)}: {change.text}{by} (applied at step {change.step})",
    )


def _count(word: str, done: int, total: int) -> Content:
    text = f"{done:,}/{total:,}" if total else f"{done:,}"
    return Content.assemble((f"{word} ", "$text-muted"), text)
