"""Every hazard of delimited files, each with a file that has it."""

import bz2
import gzip
import lzma
import zipfile

import pytest

from jinta.errors import SourceError
from jinta.sources.config import FileFormat
from jinta.sources.readers import discovery
from jinta.sources.readers.csv_files import MAX_LINE, CsvReader
from jinta.sources.readers.discovery import find_files, identify_file

ROWS = "month,name,amount\n2024-01,昆明市人民医院,10.50\n2024-02,曲靖卷烟厂,20\n"
WANTED = ["month", "name", "amount"]


@pytest.fixture
def read(tmp_path):
    """Write bytes to a file and read them; returns the reader and its batches."""

    def run(data, name="a.csv", wanted=WANTED, **style):
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        (found,) = find_files(tmp_path, (name,))
        reader = CsvReader(found, identify_file(found), FileFormat(**style), wanted)
        return reader, list(reader.read())

    return run


def values(batches):
    return [row for batch in batches for row in batch.rows.to_pylist()]


def lines(batches):
    return [number for batch in batches for number in batch.row_numbers.to_pylist()]


def broken(batches):
    return [row for batch in batches for row in batch.broken]


EXPECTED = [
    {"month": "2024-01", "name": "昆明市人民医院", "amount": "10.50"},
    {"month": "2024-02", "name": "曲靖卷烟厂", "amount": "20"},
]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"],
)
def test_encodings_are_found_out(read, encoding):
    # UTF-16 without a mark is told by its zero bytes: it needs latin text, as real
    # files have.
    padding = "2024-03,plain latin text as most cells are,30\n" * 20
    _, batches = read((ROWS + padding).encode(encoding))
    assert values(batches)[:2] == EXPECTED


def test_latin_text_is_not_taken_for_chinese(read):
    text = "month,name,amount\n2024-01,Café Müller & Söhne,1\n2024-02,Señor Niño,2\n"
    reader, batches = read(text.encode("cp1252"))
    assert reader.encoding == "cp1252"
    assert values(batches)[0]["name"] == "Café Müller & Söhne"


def test_a_given_encoding_overrides(read):
    reader, batches = read(ROWS.encode("gb18030"), encoding="latin-1")
    assert reader.encoding == "iso8859-1"
    assert values(batches)[0]["name"] != EXPECTED[0]["name"]


def test_undecodable_bytes_lose_no_row(read):
    data = (ROWS * 20).encode().replace("厂".encode(), b"\xff\xfe", 1)
    reader, batches = read(data)
    assert reader.encoding == "utf-8"
    assert len(values(batches)) == 40
    assert any("1 rows hold \ufffd" in note for note in reader.notes.said)


def test_zero_bytes_are_taken_out(read):
    _, batches = read(ROWS.replace("10.50", "10\x00.50").replace("month", "mon\x00th"))
    assert values(batches) == EXPECTED


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found_out(read, delimiter):
    reader, batches = read(ROWS.replace(",", delimiter))
    assert reader.delimiter == delimiter
    assert values(batches) == EXPECTED


def test_columns_aligned_with_blanks(read):
    rows = (
        " month  name   amount",
        "2024-01\t昆明市人民医院  10.50 ",
        " 2024-02 曲靖卷烟厂 20",
        "",
        "2024-03   a\u3000b  1 2\r\n",
    )
    text = "\r\n".join(rows)
    _, batches = read(text, delimiter="blanks")
    assert values(batches) == EXPECTED
    assert lines(batches) == [2, 3]
    (row,) = broken(batches)
    assert row.payload["name"] == "a\u3000b"
    assert row.payload["(more)"] == ["2"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_matter(read, newline):
    _, batches = read(ROWS.replace("\n", newline))
    assert values(batches) == EXPECTED
    assert lines(batches) == [2, 3]


@pytest.mark.parametrize(
    ("name", "compress"),
    [("a.csv.gz", gzip.compress), ("a.bz2", bz2.compress), ("a.x", lzma.compress)],
)
def test_compressed_files_are_read_by_what_they_are(read, name, compress):
    assert values(read(compress(ROWS.encode()), name)[1]) == EXPECTED


def test_a_zip_holds_one_file(read, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inner.csv", ROWS)
    data = (tmp_path / "a.zip").read_bytes()
    assert values(read(data, "a.zip")[1]) == EXPECTED
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive:
        archive.writestr("second.csv", ROWS)
    with pytest.raises(SourceError, match="holds 2 files"):
        read((tmp_path / "a.zip").read_bytes(), "a.zip")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_file_cut_off_is_refused(read, compress):
    data = compress((ROWS * 500).encode())
    with pytest.raises(SourceError, match="cut off or damaged"):
        read(data[: len(data) * 2 // 3])


def test_a_decompression_bomb_is_refused(read, monkeypatch):
    monkeypatch.setattr(discovery, "MAX_INFLATION", 10)
    with pytest.raises(SourceError, match="bomb"):
        read(gzip.compress(b"a" * (70 << 20), 1))


def test_the_id_is_that_of_the_content(tmp_path):
    (tmp_path / "a.csv").write_text(ROWS)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(ROWS.encode()))
    (tmp_path / "c.csv").write_text(ROWS + "x")
    a, b, c = (identify_file(file) for file in find_files(tmp_path, ("*",)))
    assert a.content_id == b.content_id != c.content_id


def test_hidden_and_lock_files_are_left_out(tmp_path):
    for name in ("a.csv", ".b.csv", "~$c.csv"):
        (tmp_path / name).write_text(ROWS)
    assert [file.name for file in find_files(tmp_path, ("*",))] == ["a.csv"]


def test_header_drift_is_mended_and_told(read):
    reader, batches = read(
        ROWS.replace("month,name,amount", "Month , ｎame,AMOUNT\u00a0")
    )
    assert values(batches) == EXPECTED
    assert len(reader.notes.said) == 3
    assert "'Month ' is read as 'month'" in reader.notes.said[0]


def test_a_header_below_titles_is_found(read):
    reader, batches = read(f"Report of payments\n\nPrinted,2024-03-01\n{ROWS}")
    assert reader.header.row_number == 4
    assert values(batches) == EXPECTED
    assert lines(batches) == [5, 6]


def test_a_header_row_can_be_given(read):
    reader, _ = read(f"{ROWS}{ROWS}", header_row=4)
    assert reader.header.row_number == 4
    with pytest.raises(SourceError, match="no header in line 2"):
        read(f"a,b\n\n{ROWS}", header_row=2)


def test_repeated_headers_are_counted_not_read(read):
    _, batches = read(ROWS + "month,name,AMOUNT \n" + ROWS.split("\n", 1)[1])
    assert len(values(batches)) == 4
    assert sum(batch.excluded for batch in batches) == 1


def test_blank_lines_are_nothing(read):
    _, batches = read(ROWS.replace("\n", "\n , ,\n\n"))
    assert values(batches) == EXPECTED
    assert lines(batches) == [4, 7]


def test_a_file_cut_in_half_gives_its_last_line_to_the_quarantine(read):
    _, batches = read(ROWS + "2024-03,曲")
    assert values(batches) == EXPECTED
    (row,) = broken(batches)
    assert row.row_number == 4
    assert "has 2 fields and the header 3" in row.reason
    assert row.payload == {"month": "2024-03", "name": "曲"}


def test_a_quote_that_is_never_closed_costs_one_line(read):
    _, batches = read(
        ROWS.replace("曲靖卷烟厂", '"曲靖卷烟厂') + ROWS.split("\n", 1)[1]
    )
    assert [row["month"] for row in values(batches)] == [
        "2024-01",
        "2024-01",
        "2024-02",
    ]
    (row,) = broken(batches)
    assert "quote that is never closed" in row.reason
    assert row.row_number == 3
    assert lines(batches) == [2, 4, 5]


def test_a_quoted_line_break_is_part_of_the_value(read):
    _, batches = read('month,name,amount\n2024-01,"two\nlines",1\n2024-02,b,2\n')
    assert values(batches)[0]["name"] == "two\nlines"
    assert lines(batches) == [2, 4]


def test_more_fields_than_the_header_are_broken_unless_blank(read):
    _, batches = read(ROWS + "2024-03,a,1,,\n2024-04,b,2,surplus\n")
    assert len(values(batches)) == 3
    assert broken(batches)[0].payload["(more)"] == ["surplus"]


@pytest.mark.parametrize("data", ["", "\n\n", "\ufeff", "\x00\x00"])
def test_an_empty_file_has_no_columns(read, data):
    reader, batches = read(data)
    assert reader.is_empty
    assert batches == []


def test_a_header_alone_is_no_row(read):
    reader, batches = read("month,name,amount\n")
    assert [column.name for column in reader.columns] == WANTED
    assert batches == []


def test_two_columns_of_one_name_are_refused_if_wanted(read):
    with pytest.raises(SourceError, match="more than one column 'NAME'"):
        read("month,name,Name ,amount\n1,2,3,4\n", wanted=["NAME"])
    reader, _ = read("month,x,X,amount\n1,2,3,4\n", wanted=["amount"])
    assert len(reader.columns) == 4


def test_a_line_without_end_is_refused(read):
    with pytest.raises(SourceError, match="more than"):
        read(ROWS + "x" * (MAX_LINE + 10))


def test_a_file_written_to_while_read_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(ROWS)
    (found,) = find_files(tmp_path, ("a.csv",))
    reader = CsvReader(found, identify_file(found), FileFormat(), WANTED)
    path.write_text(ROWS * 2)
    with pytest.raises(SourceError, match="changed while"):
        list(reader.read())


def test_large_files_come_in_batches(read):
    _, batches = read("month,name,amount\n" + "2024-01,a,1\n" * 120_001)
    assert [batch.rows.num_rows for batch in batches] == [50_000, 50_000, 20_001]
    assert lines(batches)[-1] == 120_002
