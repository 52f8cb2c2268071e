"""Lists of the admin in front of a history of millions: what they look at is bounded.

The newest rows come by an index, so a list that is not narrowed answers at once. A search or a
filter that no index serves looks at the newest rows only, and says so; a month looks further back.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import DataError, transaction
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

NEWEST = 20_000
"""Rows that a search or a filter without an index looks at."""

COUNTED = 10_000
"""Rows that are counted, and can be paged to."""

MONTHS = 36

FOUND = "_found_by_index"
"""Marks a request whose search found its rows by an index, in the whole history."""

MOST_FOUND = 1_000

NOT_NARROWING = frozenset({"p", "o", "e", "all", "month", "_facets", "_popup", "_to_field"})


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than COUNTED: the whole count reads the whole table."""

    most = COUNTED

    @cached_property
    def count(self) -> int:
        """How many rows there are, up to COUNTED."""
        rows = cast("QuerySet[Model]", self.object_list)
        return rows.order_by()[:COUNTED].count()


class MonthFilter(admin.SimpleListFilter):
    """The months in which there are rows, by their first and last moment alone."""

    title = "month"
    parameter_name = "month"

    def __init__(
        self,
        request: HttpRequest,
        params: dict[str, list[str]],
        model: type[Model],
        its_admin: admin.ModelAdmin[Model],
    ) -> None:
        self._field = cast("LongList", its_admin).newest_by
        self._rows = model._default_manager
        super().__init__(request, params, model, its_admin)

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """The months that have rows, as `2026-11` and in words."""
        moments = self._rows.values_list(self._field, flat=True)
        # Two questions: SQLite answers "min and max" together by reading the whole index.
        first = moments.order_by(self._field).first()
        last = moments.order_by(f"-{self._field}").first()
        if first is None or last is None:
            return []
        months = months_between(first, last)
        return [(f"{one:%Y-%m}", f"{one:%B %Y}") for one in months[:MONTHS]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        """The rows of the month that was chosen."""
        begins = first_of_month(self.value())
        if begins is None:
            return queryset
        ends = month_after(begins)
        return queryset.filter(**{f"{self._field}__gte": begins, f"{self._field}__lt": ends})


def first_of_month(text: str | None) -> datetime | None:
    """The beginning of a month such as "2026-11", or None for anything else."""
    try:
        return datetime.strptime(text or "", "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        return None


def month_after(begins: datetime) -> datetime:
    """The first moment of the month after the one that begins then."""
    is_december = begins.month == 12
    year, month = (begins.year + 1, 1) if is_december else (begins.year, begins.month + 1)
    return begins.replace(year=year, month=month)


def months_between(first: datetime, last: datetime) -> list[datetime]:
    """The beginnings of all months between two moments, the newest first."""
    begins = first.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    months: list[datetime] = []
    while begins <= last:
        months.append(begins)
        begins = month_after(begins)
    return months[::-1]


class RecentValuesFilter(admin.AllValuesFieldListFilter):
    """The values of the newest rows: all values of a column would read the whole table. One that is
    empty would be a link without a word."""

    RECENT = 2_000

    def __init__(
        self,
        field: Field[object, object],
        request: HttpRequest,
        params: dict[str, list[str]],
        model: type[Model],
        model_admin: admin.ModelAdmin[Model],
        field_path: str,
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        newest = model._default_manager.order_by(f"-{cast('LongList', model_admin).newest_by}")
        values = set(newest.values_list(field.name, flat=True)[: self.RECENT])
        self.lookup_choices = sorted(values - {""})  # type: ignore[assignment]


class BoundedChangeList(ChangeList):
    """Looks for what is narrowed in the newest rows alone."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Model]:
        found = super().get_queryset(request, exclude_parameters)
        if hasattr(request, FOUND) or not (self.query or set(request.GET) - NOT_NARROWING):
            return found
        newest_by = str(self.model_admin.newest_by)  # type: ignore[attr-defined]
        begins = self._begins(request, newest_by)
        if begins is None:
            return found
        messages.info(
            request,
            f"Only the newest {NEWEST:,} are searched: choose a month to look further back.",
        )
        return found.filter(**{f"{newest_by}__gte": begins})

    def get_results(self, request: HttpRequest) -> None:
        """Django shows its page for wrong filters, of moments that no database knows as well."""
        try:
            with transaction.atomic():  # PostgreSQL refuses such a moment when it is asked
                super().get_results(request)
        except (ValueError, OverflowError, DataError) as error:
            raise IncorrectLookupParameters(error) from None

    def _begins(self, request: HttpRequest, newest_by: str) -> datetime | None:
        """Where the newest rows begin, of a month if one is chosen; None where all are few."""
        rows = self.root_queryset.order_by(f"-{newest_by}")
        if month := first_of_month(request.GET.get("month")):
            rows = rows.filter(**{f"{newest_by}__lt": month_after(month)})
        places = rows.values_list(newest_by, flat=True)[NEWEST : NEWEST + 1]
        return next(iter(places), None)


class LongList(admin.ModelAdmin):  # type: ignore[type-arg]
    """An admin whose list answers at once, however long it is. `newest_by` has an index."""

    newest_by = "created_at"
    exact_search: tuple[str, ...] = ()
    """Fields with an index, which are searched in the whole history for exactly what was typed."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50

    def get_sortable_by(self, request: HttpRequest) -> tuple[str, ...]:
        """Sorting by a column without an index reads and sorts the whole table."""
        return (self.newest_by,)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        """What an index finds, else what is like it among the newest."""
        if ids := self._found_exactly(queryset, search_term.strip()):
            setattr(request, FOUND, True)
            return queryset.filter(pk__in=ids), False
        return super().get_search_results(request, queryset, search_term)

    def _found_exactly(self, queryset: QuerySet[Model], text: str) -> list[object]:
        ids: list[object] = []
        for field in self.exact_search if text else ():
            try:
                rows = queryset.filter(**{field: text}).order_by(f"-{self.newest_by}")
            except (ValidationError, ValueError):  # no id at all
                continue
            ids += rows.values_list("pk", flat=True)[:MOST_FOUND]
        return ids

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[ChangeList]:
        """The list that looks at a part of a long table."""
        return BoundedChangeList
