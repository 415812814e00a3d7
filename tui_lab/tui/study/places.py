"""The places of studies in the lab: a form for each experiment, a screen for each study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Value
from tui_lab.study import StudyRequest
from tui_lab.tui.navigation import STUDY, Navigation
from tui_lab.tui.notification import notify

if TYPE_CHECKING:
    from tui_lab.tui.study.form_screen import StudyFormScreen

_FORM = " form "
"""Begins the names of places; those of experiments hold no spaces."""


class StudyPlaces(Navigation):
    """The part of the lab that shows studies; its screens are imported when they are needed."""

    def open_study_form(
        self,
        experiment: Experiment,
        *,
        values: Mapping[str, Value] | None = None,
        asked: StudyRequest | None = None,
    ) -> None:
        try:
            form = self._form(experiment)
        except TuiLabError as error:
            notify(self, str(error), error=True)
            return
        if asked is not None:
            form.take(asked)
        form.fill(values or {})
        self.go_to(_FORM + experiment.name)

    def _form(self, experiment: Experiment) -> StudyFormScreen:
        from tui_lab.tui.study.form_screen import StudyFormScreen  # on demand

        name = _FORM + experiment.name
        form = self.keep(name, lambda: StudyFormScreen(self.session, experiment))
        if form.experiment == experiment:
            return form
        return self.renew(name, lambda: StudyFormScreen(self.session, experiment))

    def open_study(self, study_id: str) -> None:
        from tui_lab.tui.study.screen import StudyScreen  # on demand

        try:
            request = self.session.studies.request(study_id)
            experiment = self._experiment_of(request)
            self.keep(
                STUDY + study_id,
                lambda: StudyScreen(self.session, study_id, request, experiment),
            )
        except TuiLabError as error:
            notify(self, str(error), error=True)
            return
        self.go_to(STUDY + study_id)

    def _experiment_of(self, request: StudyRequest) -> Experiment | None:
        """What a study is of: as it is here, else as it was declared then; None where it is
        gone."""
        try:
            return self.session.experiment(request.experiment)
        except TuiLabError:
            return request.declared
