"""Rows that cannot be read: each is refused with a message that helps, and none is lost."""

from __future__ import annotations

import pytest

from forecast_platform.errors import Problem
from forecast_platform.training_data import ObjectReport
from forecast_platform_tests.training_data.conftest import Project, rows

GOOD = "2024-01-01 00:00:00,1.5,A"
LATER = "2024-01-01 01:00:00,2.5,A"


def only_problem(project: Project, report: ObjectReport, accepted: int, refused_row: str) -> Problem:
    """The one problem of a file of which one row was refused; checks that nothing was lost."""
    assert (report.rows, report.refused_rows, report.file_refused) == (accepted, 1, False)
    (quarantined,) = project.quarantined(report)
    (problem,) = report.problems
    assert report.problem_count == 1
    assert quarantined["file"] == report.key
    assert f"{report.key}, line {quarantined['line']}" in problem.where
    assert quarantined["row"] == refused_row
    assert problem.found in quarantined["reason"]
    assert problem.expected in quarantined["reason"]
    return problem


@pytest.mark.parametrize(
    "timestamp",
    [
        "01/02/2024",
        "2024-13-01 00:00:00",
        "2023-02-29 00:00:00",
        "2024-01-01",
        "2024-01-01T01:00:00",
        "2024-01-01 24:00:00",
        "2024-01-01 01:00:00Z",
        "2024-1-1 1:00:00",
        "",
        "0000-01-01 00:00:00",
        "9999-01-01 00:00:00",
        "२०२४-०१-०१ 00:00:00",
    ],
)
def test_a_timestamp_that_cannot_be_parsed_shows_the_expected_format(project: Project, timestamp: str) -> None:
    bad = f"{timestamp},2,B"
    problem = only_problem(project, report := project.read(rows(GOOD, bad, LATER)), 2, bad)
    assert problem.where == "train/a.csv, line 2, column timestamp"
    assert problem.found == f"'{timestamp}'"
    assert problem.expected == "a timestamp as yyyy-MM-dd HH:mm:ss, for example 2014-01-31 17:00:00"
    assert "TimestampFormat" in problem.advice
    assert report.quarantine_key == f"quarantine/a.csv@{report.digest[:8]}.csv"


@pytest.mark.parametrize(
    "number", ["n/a", "1,5", "12.5.1", "nan", "NaN", "inf", "-Infinity", "1e999", "0x10", "1_000", "٣", "+-5", "TRUE"]
)
def test_a_target_that_is_no_finite_number_is_refused(project: Project, number: str) -> None:
    written = f'"{number}"' if "," in number else number
    bad = f"2024-01-01 00:00:00,{written},B"
    problem = only_problem(project, project.read(rows(GOOD, bad)), 1, bad)
    assert problem.where == "train/a.csv, line 2, column target_value"
    assert problem.found == f"'{number}'"
    assert problem.expected == "a finite number, for example 12.5"
    assert problem.advice == "Leave the cell empty if the value is missing."


def test_an_empty_target_is_a_missing_value_and_is_kept(project: Project) -> None:
    report = project.read(rows(GOOD, "2024-01-01 01:00:00,,A", "2024-01-01 02:00:00, ,A"))
    assert (report.rows, report.refused_rows) == (3, 0)
    assert project.target()["target"].isna().tolist() == [False, True, True]


def test_numbers_are_read_exactly_in_every_usual_form(project: Project) -> None:
    written = ["0.1", "-2", "+3.5", "1e3", "1.E-3", ".5", " 7 ", "38.34991708126038"]
    report = project.read(rows(*(f"2024-01-01 {hour:02}:00:00,{text},A" for hour, text in enumerate(written))))
    assert report.refused_rows == 0
    assert project.target()["target"].tolist() == [float(text) for text in written]


def test_a_fraction_in_an_integer_column_is_refused(project: Project) -> None:
    integers = project.with_params(
        target=[("timestamp", "timestamp"), ("target_value", "integer"), ("item_id", "string")]
    )
    bad = "2024-01-01 01:00:00,2.5,A"
    problem = only_problem(integers, integers.read(rows("2024-01-01 00:00:00,2,A", bad)), 1, bad)
    assert (problem.found, problem.expected) == ("'2.5'", "a whole number")


def test_an_empty_item_is_refused(project: Project) -> None:
    bad = "2024-01-01 01:00:00,2,"
    problem = only_problem(project, project.read(rows(GOOD, bad)), 1, bad)
    assert problem.where == "train/a.csv, line 2, column item_id"
    assert problem.expected == "the name of an item"


@pytest.mark.parametrize("bad", ["2024-01-01 01:00:00,2", "2024-01-01 01:00:00,2,B,extra", "x"])
def test_a_row_with_another_number_of_columns_is_refused(project: Project, bad: str) -> None:
    problem = only_problem(project, project.read(rows(GOOD, bad, LATER)), 2, bad)
    assert problem.where == "train/a.csv, line 2"
    assert problem.found.endswith(("column", "columns"))
    assert problem.expected == "3 columns: timestamp, target_value, item_id"


def test_a_repeated_observation_is_refused_and_names_the_first(project: Project) -> None:
    bad = "2024-01-01 00:00:00,9.9,A"
    problem = only_problem(project, project.read(rows(GOOD, LATER, bad)), 2, bad)
    assert problem.where == "train/a.csv, line 3"
    assert problem.found == "a second row for item_id 'A', timestamp 2024-01-01 00:00:00; the first is on line 1"
    assert problem.expected == "one row for each item_id and timestamp"
    assert project.target()["target"].tolist() == [1.5, 2.5]


def test_a_row_that_is_there_twice_byte_for_byte_is_refused_too(project: Project) -> None:
    report = project.read(rows(GOOD, GOOD, GOOD))
    assert (report.rows, report.refused_rows, report.problem_count) == (1, 2, 2)
    assert [row["line"] for row in project.quarantined(report)] == ["2", "3"]


def test_the_same_item_and_timestamp_in_another_store_is_no_repetition(project: Project) -> None:
    stores = project.with_params(
        target=[("item_id", "string"), ("store", "string"), ("timestamp", "timestamp"), ("target_value", "float")]
    )
    report = stores.read(rows("A,north,2024-01-01 00:00:00,1", "A,south,2024-01-01 00:00:00,2"))
    assert (report.rows, report.refused_rows) == (2, 0)
    report = stores.read(rows("A,north,2024-01-01 00:00:00,1", "A,north,2024-01-01 00:00:00,2"))
    (problem,) = report.problems
    assert "item_id 'A', store 'north', timestamp 2024-01-01 00:00:00" in problem.found


def test_bytes_that_are_not_utf8_are_named_and_cost_their_row_only(project: Project) -> None:
    latin1 = "2024-01-01 00:00:00,1,Café".encode("latin-1")
    problem = only_problem(
        project,
        project.read(b"%s\n%s\n2024-01-01 00:00:00,1,Caf\xc3\xa9\n" % (GOOD.encode(), latin1)),
        2,
        r"2024-01-01 00:00:00,1,Caf\xe9",
    )
    assert problem.where == "train/a.csv, line 2, column item_id"
    assert problem.found == r"the byte 0xe9 in 'Caf\xe9'"
    assert problem.expected == "text in UTF-8"
    assert project.target()["item_id"].tolist() == ["A", "Café"]


def test_a_nul_byte_costs_its_row_only(project: Project) -> None:
    report = project.read(rows(GOOD, "2024-01-01 01:00:00,2,A\0B", LATER))
    assert (report.rows, report.refused_rows) == (2, 1)
    (problem,) = report.problems
    assert problem.found == r"a NUL character in 'A\x00B'"


def test_a_byte_order_mark_in_the_middle_of_joined_files_is_refused(project: Project) -> None:
    items_first = project.with_params(
        target=[("item_id", "string"), ("timestamp", "timestamp"), ("target_value", "float")]
    )
    part = "\ufeffA,2024-01-01 00:00:00,1\n"
    report = items_first.read(part + part.replace("A", "B"))
    assert (report.rows, report.refused_rows) == (1, 1)
    (problem,) = report.problems
    assert "byte order mark" in problem.found


@pytest.mark.parametrize(
    ("frequency", "good", "bad", "expected"),
    [
        ("H", ["2024-01-01 00:00:00", "2024-01-01 05:00:00"], "2024-01-01 01:30:00", "a whole hour"),
        ("min", ["2024-01-01 00:00:00"], "2024-01-01 00:01:30", "a whole minute"),
        ("15min", ["2024-01-01 00:45:00"], "2024-01-01 01:10:00", "a multiple of 15 minutes after midnight"),
        ("2H", ["2024-01-01 22:00:00"], "2024-01-01 01:00:00", "a multiple of 2 hours after midnight"),
        ("5H", ["2024-01-01 03:00:00"], "2024-01-01 03:30:00", "a whole hour"),
        ("D", ["2024-01-01 09:00:00", "2024-01-02 09:00:00"], "2024-01-03 10:00:00", "the time 09:00:00"),
        ("W", ["2024-01-05 00:00:00", "2024-01-12 00:00:00"], "2024-01-18 00:00:00", "a Friday"),
    ],
)
def test_a_timestamp_off_the_frequency_is_refused(
    project: Project, frequency: str, good: list[str], bad: str, expected: str
) -> None:
    project = project.with_params(frequency=frequency)
    row = f"{bad},2,A"
    report = project.read(rows(*(f"{timestamp},1,A" for timestamp in good), row))
    problem = only_problem(project, report, len(good), row)
    assert problem.where == f"train/a.csv, line {len(good) + 1}, column timestamp"
    assert problem.found == f"'{bad}'"
    assert problem.expected.startswith(expected)
    assert problem.expected.endswith(f"the data frequency being {frequency}")


@pytest.mark.parametrize(
    ("frequency", "timestamps"),
    [
        ("D", ["2024-01-01 09:00:00", "2024-01-02 09:00:00"]),
        ("W", ["2024-01-05 06:00:00", "2024-01-12 06:00:00"]),
        ("2W", ["2024-01-05 00:00:00", "2024-01-12 00:00:00"]),
        ("M", ["2024-01-31 09:00:00", "2024-02-28 09:00:00", "2024-03-01 00:00:00"]),
        ("Y", ["2022-06-01 00:00:00", "2023-12-31 00:00:00"]),
    ],
)
def test_a_constant_offset_and_any_day_of_a_month_are_fine(
    project: Project, frequency: str, timestamps: list[str]
) -> None:
    report = project.with_params(frequency=frequency).read(rows(*(f"{timestamp},1,A" for timestamp in timestamps)))
    assert (report.rows, report.refused_rows) == (len(timestamps), 0)


def test_a_second_observation_in_a_month_is_refused_as_repeated(project: Project) -> None:
    project = project.with_params(frequency="M")
    bad = "2024-01-31 00:00:00,2,A"
    problem = only_problem(project, project.read(rows("2024-01-01 00:00:00,1,A", bad)), 1, bad)
    assert problem.found == "a second row for item_id 'A', timestamp 2024-01; the first is on line 1"
    assert problem.expected == "one row for each item_id and month"


def test_everything_that_is_wrong_with_a_row_is_told_at_once(project: Project) -> None:
    report = project.read(rows(GOOD, "yesterday,much,"))
    assert (report.rows, report.refused_rows, report.problem_count) == (1, 1, 3)
    assert [problem.where.rpartition(" ")[2] for problem in report.problems] == ["timestamp", "target_value", "item_id"]
    (quarantined,) = project.quarantined(report)
    assert all(word in quarantined["reason"] for word in ("'yesterday'", "'much'", "nothing"))


def test_problems_are_cut_at_twenty_but_counted_and_quarantined_in_full(project: Project) -> None:
    report = project.read(rows(GOOD, *["bad,row,A"] * 50))
    assert (report.refused_rows, report.problem_count, len(report.problems)) == (50, 100, 20)
    assert [row["line"] for row in project.quarantined(report)] == [str(line) for line in range(2, 52)]


def test_line_numbers_count_lines_as_an_editor_does(project: Project) -> None:
    content = 'timestamp,target_value,item_id\n\n2024-01-01 00:00:00,1,"two\nlines"\n\nbad,1,A\n' + rows(GOOD)
    report = project.read(content)
    assert (report.rows, report.refused_rows) == (2, 1)
    assert report.problems[0].where == "train/a.csv, line 6, column timestamp"


def test_early_and_late_refusals_are_in_the_order_of_the_file(project: Project) -> None:
    report = project.read(rows(GOOD, GOOD, "bad,1,A", GOOD))
    assert [row["line"] for row in project.quarantined(report)] == ["2", "3", "4"]


def test_an_unclosed_quote_costs_its_own_line_only(project: Project) -> None:
    bad = '2024-01-01 01:00:00,2,"B'
    problem = only_problem(project, project.read(rows(GOOD, bad, LATER)), 2, bad)
    assert problem.found == "a quote that is never closed"


def test_an_unclosed_quote_far_from_the_next_one_does_not_swallow_the_rows_between(project: Project) -> None:
    many = [f"2024-01-01 00:00:00,1,item {number}" for number in range(20_000)]
    report = project.read(rows('2024-01-01 00:00:00,2,"B', *many, '2024-01-01 01:00:00,1,"fine, too"'))
    assert (report.rows, report.refused_rows) == (20_001, 1)


def test_text_after_a_closing_quote_is_refused_and_not_guessed(project: Project) -> None:
    bad = '2024-01-01 01:00:00,2,"12" screen"'
    problem = only_problem(project, project.read(rows(GOOD, bad)), 1, bad)
    assert problem.found == "text between a closing quote and the next comma"


def test_a_ten_megabyte_line_is_refused_with_its_length(project: Project) -> None:
    report = project.read(rows(GOOD, "x" * 10_000_000, LATER))
    assert (report.rows, report.refused_rows) == (2, 1)
    (problem,) = report.problems
    assert problem.where == "train/a.csv, line 2"
    assert problem.found == "a line of 10,000,000 characters"
    (quarantined,) = project.quarantined(report)
    assert quarantined["row"].startswith("xxx")
    assert len(quarantined["row"]) < 2_000


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_long_line_does_not_shift_the_numbers_of_later_lines(project: Project, end: str) -> None:
    for length in (99_000, 150_000, (1 << 20) - 27, (1 << 20) - 26, (1 << 20) - 25, 3_000_000):
        report = project.read(end.join([GOOD, "x" * length, "bad,1,A", LATER]))
        assert (report.rows, report.refused_rows) == (2, 2), length
        assert [row["line"] for row in project.quarantined(report)] == ["2", "3"], length


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_refused_row_that_a_spreadsheet_would_execute_is_escaped(project: Project, start: str) -> None:
    report = project.read(rows(GOOD, f"{start}cmd|' /C calc'!A0,1,A"))
    (quarantined,) = project.quarantined(report)
    assert quarantined["row"] == f"'{start}cmd|' /C calc'!A0,1,A"


def test_a_corrected_file_is_read_again_and_the_old_quarantine_stays(project: Project) -> None:
    first = project.read(rows(GOOD, "bad,1,A"))
    second = project.read(rows(GOOD, LATER))
    assert (second.rows, second.refused_rows, second.quarantine_key) == (2, 0, None)
    assert len(project.quarantined(first)) == 1


def test_rows_far_apart_in_a_large_file_are_compared(project: Project) -> None:
    many = [f"2024-01-01 00:00:00,1,a rather long name of an item number {number}" for number in range(60_000)]
    report = project.read(rows(*many, many[0], "bad,1,A"))
    assert (report.rows, report.refused_rows) == (60_000, 2)
    assert "the first is on line 1" in report.problems[0].found
    assert [row["line"] for row in project.quarantined(report)] == ["60001", "60002"]


def test_a_related_feature_that_is_no_number_is_refused(project: Project) -> None:
    project = project.with_params(related=[("timestamp", "timestamp"), ("item_id", "string"), ("price", "float")])
    project.upload("a.csv", rows(GOOD))
    bad = "2024-01-01 01:00:00,A,cheap"
    report = project.read(rows("2024-01-01 00:00:00,A,1.5", bad), "prices.related.csv")
    problem = only_problem(project, report, 1, bad)
    assert problem.where == "train/prices.related.csv, line 2, column price"


def test_an_item_described_twice_is_refused(project: Project) -> None:
    project = project.with_params(metadata=[("item_id", "string"), ("category", "string")])
    project.upload("a.csv", rows(GOOD))
    report = project.read(rows("A,tools", "A,toys"), "items.metadata.csv")
    problem = only_problem(project, report, 1, "A,toys")
    assert problem.found == "a second row for item_id 'A'; the first is on line 1"
