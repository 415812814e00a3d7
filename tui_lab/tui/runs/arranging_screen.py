"""A list of runs put in order: sorted, in groups, as trees, with the columns that matter."""

from __future__ import annotations

from tui_lab.tui.runs.column_dialogs import ColumnsDialog, GroupDialog, SortDialog
from tui_lab.tui.runs.lines import Line
from tui_lab.tui.runs.listing_screen import ListingScreen


class ArrangingScreen(ListingScreen):
    """Asks how the runs are to follow each other; a subclass says what can be done with them."""

    def action_sort(self) -> None:
        """Ask by which column."""
        keys = ["age", "status", "name", *self.listing.column_keys()]
        order = self.listing.arrangement.order
        self.lab.push_screen(SortDialog(list(dict.fromkeys(keys)), order), self._sort)

    def _sort(self, key: str | None) -> None:
        if key is not None:
            self.listing.arrangement.sort_by(key)
            self._show_from_the_top()

    def action_group(self) -> None:
        """Ask by what."""
        listing = self.listing
        dialog = GroupDialog(listing.group_keys(), listing.arrangement.group_by)
        self.lab.push_screen(dialog, self._group)

    def _group(self, key: str | None) -> None:
        if key is not None:
            self.listing.arrangement.group(key)
            self._show_from_the_top()

    def _show_from_the_top(self) -> None:
        """What one sorts and groups for is what stands first then."""
        self.show_runs()
        self.table.action_move_to(0)

    def action_columns(self) -> None:
        """Ask which columns are shown."""
        dialog = ColumnsDialog(self.listing.column_keys(), self.listing.columns)
        self.lab.push_screen(dialog, self._choose_columns)

    def _choose_columns(self, columns: tuple[str, ...] | None) -> None:
        if columns is not None:
            self.listing.choose_columns(columns)
            self.show_runs()

    def action_tree(self) -> None:
        """Let branches stand below their parents, or not."""
        self.listing.arrangement.is_tree ^= True
        self.show_runs()

    @property
    def _line(self) -> Line | None:
        """The line under the cursor."""
        lines, place = self.table.rows.lines, self.table.cursor
        return lines[place] if place < len(lines) else None

    def action_fold(self) -> None:
        """Fold the group or the branches under the cursor, else those that it stands in."""
        if (line := self._line) is not None:
            stay = self.listing.arrangement.fold(line)
            self.show_runs()
            self.table.action_move_to(self.table.rows.place(stay) or 0)

    def action_unfold(self) -> None:
        """Show what is folded into the line under the cursor."""
        if (line := self._line) is not None:
            self.listing.arrangement.unfold(line)
            self.show_runs()

    def open_line(self, line_id: str) -> None:
        line = self._line
        if line is None or not line.is_group:
            super().open_line(line_id)
        elif line.is_folded:
            self.action_unfold()
        else:
            self.action_fold()
