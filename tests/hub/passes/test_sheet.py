"""faults E, the kinds: a file becomes the cells that a person sees, with the numbers of the rows, or one line that says why not."""

import io
import zipfile
from datetime import datetime

import pytest
from openpyxl import Workbook

from hub.errors import HubError
from hub.passes import sheet
from hub.passes.sheet import Table, Trouble
from hub.passes.sheet.headings import COLUMNS, column_of
from tests.hub.books import HEADING, row, text, workbook

LIST = "车牌,类别,备注\n鲁B12345,居民,东\n京A12345,居民,王小明\n"


def read(data: bytes | str, name: str = "list.csv") -> Table:
    found = sheet.read(data.encode() if isinstance(data, str) else data, name)
    assert Table.from_json(found.to_json()) == found
    return found


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in each.cells] for each in table.rows]


def numbers(table: Table) -> list[int]:
    return [each.number for each in table.rows]


def why(data: bytes | str, name: str = "list.csv") -> str:
    with pytest.raises(HubError) as refused:
        read(data, name)
    line = str(refused.value)
    assert "\n" not in line
    assert line.startswith(f"{name}: ")
    return line


# --- encodings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_a_list_is_read_in_every_encoding_of_spreadsheets(encoding: str) -> None:
    assert texts(read(LIST.encode(encoding)))[1] == ["鲁B12345", "居民", "东"]


def test_utf16_with_a_mark_is_read_in_both_orders() -> None:
    for encoding, mark in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")):
        assert texts(read(mark + LIST.replace(",", "\t").encode(encoding)))[2][0] == "京A12345"


@pytest.mark.parametrize("plates", ["鲁B12345", "豫A12345", "鲁B12345 豫AD12345", "鲁B1234学"])
def test_plates_whose_bytes_are_valid_utf8_by_accident_are_read(plates: str) -> None:
    text = "plate,class\r\n" + "".join(f"{each},resident\r\n" for each in plates.split())
    assert text.encode("gb18030").decode("utf-8"), "the accident"
    table = read(text.encode("gb18030"))
    assert table.encoding == "GB 18030"
    assert [each[0] for each in texts(table)[1:]] == plates.split()
    assert texts(read(text))[1][0] == plates.split()[0]


@pytest.mark.parametrize(
    "data",
    [
        "plate,class\n鲁B1,resident\n".encode("gb18030"),
        "plate,class,remark\nAB12345,resident,全\n".encode("gb18030"),
        "plate,class,remark\nAB12345,resident,Müller\n".encode(),
        "plate,class,remark\nAB12345,resident,Müller\n".encode("latin-1"),
    ],
)
def test_an_encoding_that_nothing_decides_is_asked_about(data: bytes) -> None:
    assert "its encoding is unclear" in why(data)
    if data.decode("utf-8", "ignore").endswith("Müller\n"):
        assert read(b"\xef\xbb\xbf" + data).encoding == "UTF-8"


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (LIST.encode()[:-2], "row 3, column C"),
        (LIST.encode().replace("京".encode(), "京".encode()[:2]), "row 3, column A"),
        ("车牌,类别\n".encode() + b"\xe9\xb2B12345,x\n", "row 2, column A"),
        (b"\xef\xbb\xbf" + LIST.encode("gb18030"), "row 1, column A"),
        # rows of one program appended to the rows of another
        (LIST.encode() + "粤B12345,居民,\n".encode("gb18030"), "row 4, column A"),
        ('车牌,类别,备注\n鲁B12345,居民,"一\n二"\n鲁B12346,居民,'.encode() + b"\xe7\x8e\n", "row 3, column C"),
        ("plate\tclass\r\n鲁B12345\tx\r\n".encode("utf-16")[:-1], "row 3, column A"),
    ],
)
def test_a_broken_character_is_named_and_never_read_in_another_encoding(data: bytes, where: str) -> None:
    assert f"{where}: a character is broken off" in why(data)


def test_a_long_list_in_gb18030_is_not_taken_for_broken_utf8() -> None:
    rows = "".join(f"鲁B{number:05},居民,第{number}户 王小明 住址县城东关街道\n" for number in range(5_000))
    assert len(read(("车牌,类别,备注\n" + rows).encode("gb18030")).rows) == 5_001


# --- text -------------------------------------------------------------------------------------------------------------


def test_rows_are_numbered_as_a_spreadsheet_numbers_them() -> None:
    assert numbers(read('车牌,类别\n\n鲁B1,"a\nb\r\nc"\n,,\n鲁B2,b\n')) == [1, 3, 5]
    assert numbers(read("sep=;\r\n车牌;类别\r\n鲁B1;a\r\n")) == [1, 2]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_the_one_that_makes_the_headings(separator: str) -> None:
    text = separator.join(["车牌", "类别", "备注"]) + "\n" + separator.join(["鲁B1", "居民", '"a,b;c,d;e,f"']) + "\n"
    assert texts(read("通行证名单 2026,a;b;c;d\n\n" + text))[1] == ["车牌", "类别", "备注"]


@pytest.mark.parametrize(
    "data",
    [
        '车牌,类别,备注\n鲁B1,居民,"a\n鲁B2,居民,b\n',
        '车牌,类别,备注\n"鲁B1,居民,a\n鲁B2,居民,"b"\n',
        '车牌,类别,备注\n鲁B1,居民,"a" b\n',
        '车牌,类别,备注\n鲁B12345,居民,"a\n鲁B12346,居民,b\n鲁B12347,居民,c"\n',
    ],
)
def test_a_quotation_mark_that_swallows_rows_is_a_fault_of_its_row(data: str) -> None:
    assert "row 2: " in why(data)


def test_a_cell_of_lines_that_are_no_rows_is_a_cell() -> None:
    assert len(read('车牌,类别,备注\n鲁B1,居民,"先, 东\n后, 西"\n').rows) == 2


@pytest.mark.parametrize(
    ("written", "shown", "trouble"),
    [
        ('"=""鲁B12345"""', "鲁B12345", None),
        ("'鲁B12345", "鲁B12345", None),
        ("#N/A", "#N/A", Trouble.ERROR),
        ("#REF!", "#REF!", Trouble.ERROR),
        ("#####", "#####", Trouble.ERROR),
        ("=A1&B1", "=A1&B1", Trouble.FORMULA),
        ('"=HYPERLINK(""http://x"",""鲁B12345"")"', '=HYPERLINK("http://x","鲁B12345")', Trouble.FORMULA),
        ("1.38E+10", "1.38E+10", Trouble.ROUNDED),
        ("\ufffdB12345", "\ufffdB12345", Trouble.LOST),
        ("鲁B1\x0712345", "鲁B1\x0712345", Trouble.CONTROL),
        ("-", "-", None),
        ("+86 13800138000", "+86 13800138000", None),
    ],
)
def test_a_cell_of_text_says_what_a_person_sees(written: str, shown: str, trouble: Trouble | None) -> None:
    cell = read(f"车牌,类别\n{written},居民\n").rows[1].cells[0]
    assert (cell.text, cell.trouble) == (shown, trouble)


def test_more_columns_than_are_taken_are_named() -> None:
    assert "row 2, column BM: at most 64 columns" in why("车牌,类别\n鲁B1,居民" + "," * 63 + "x\n")


# --- headings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("有效期至", "to"), ("通行卡口", "gates"), ("号牌号码", "plate"), ("車牌", None), (" 车 牌 号 ", "plate"), ("车牌\n号码", "plate"),
        ("车牌（必填）", "plate"), ("*车牌号码*", "plate"), ("卡口(选填)", "gates"), ("Plate No.", "plate"), ("ＰＬＡＴＥ", "plate"),
        ("VALID_UNTIL", "to"), ("Expiry Date:", "to"), ("有效期至（格式：2026-03-01）", "to"), ("失效日期 (yyyy-mm-dd)", "to"),
        ("止（不含当天）", None), ("禁行卡口", None), ("有效期（天）", None), ("备注", None), ("卡口以外", None), ("\u200b卡口\ufeff", "gates"),
        ("有效期起始日期", "from"), ("是否优先", "priority"), ("申请单号", "reference"), ("", None), ("序号", "number"),
        ("有效期限", "to"), ("有效日期", "to"), ("截止日期", "to"), ("适用卡口", "gates"), ("放行卡口", "gates"), ("车牌号/Plate", "plate"),
        ("Plate (车牌)", "plate"), ("车牌号\n（Plate No.）", "plate"), ("车 牌 号 Plate", "plate"), ("Plate No.车牌号", "plate"), ("【车牌】Plate*", "plate"),
        ("类别|Class", "class"), ("卡口（Gates）（选填）", "gates"), ("有效期至／Valid until", "to"), ("起/止", None), ("有效期/天", None),
        ("卡口（禁行）", None), ("卡口/Except", None), ("通行卡口 No", None), ("Plate (卡口)", None), ("车牌/车型", None), ("/", None), ("()", None),
    ],
)  # fmt: skip
def test_a_heading_is_known_as_people_write_it_and_never_guessed(heading: str, column: str | None) -> None:
    assert column_of(heading) == column


def test_no_name_stands_for_two_columns() -> None:
    names = [name for spelled in COLUMNS.values() for name in spelled]
    assert len(set(names)) == len(names)
    assert all(column_of(name) == column for column, spelled in COLUMNS.items() for name in (column, *spelled))


# --- workbooks --------------------------------------------------------------------------------------------------------


def cell(xml: str, *, styles: str = "", strings: str = "") -> sheet.Cell:
    """A cell as column D of the one row of a list."""
    rows = HEADING + row(2, "鲁B12345", "居民", "东门", xml)
    return read(workbook(rows, styles=styles, strings=strings), "list.xlsx").rows[1].cell(3)


def styled(code: str, font: str = "") -> str:
    code = code.replace("&", "&amp;").replace('"', "&quot;")
    return (
        f'<numFmts><numFmt numFmtId="200" formatCode="{code}"/></numFmts><fonts><font/><font>{font}</font></fonts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="200" fontId="1"/></cellXfs>'
    )


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        ("12345", '"鲁B"00000', "鲁B12345"), ("345", '"鲁B"00000', "鲁B00345"), ("17", "000000", "000017"), ("17", "0_ ", "17"),
        ("17", "0_);[Red]\\(0\\)", "17"), ("1234567", "#,##0", "1,234,567"), ("0.5", "0%", "50%"), ("17", "@", "17"),
        ("17", "General", "17"), ("0.30000000000000004", "General", "0.3"), ("46366", "yyyy-mm-dd", "2026-12-10"),
        ("46366", 'yyyy"年"m"月"d"日";@', "2026-12-10"), ("46366", "[$-804]yyyy/m/d aaaa", "2026-12-10"),
        ("46366.75", "yyyy/m/d h:mm", "2026-12-10 18:00:00"), ("46366.75", "yyyy/m/d", "2026-12-10"),
        ("46366.749999999", "yyyy/m/d h:mm", "2026-12-10 18:00:00"), ("13800138000", "General", "13800138000"),
    ],
)  # fmt: skip
def test_a_number_is_what_its_format_shows(value: str, code: str, shown: str) -> None:
    found = cell(f'<c r="D2" s="1"><v>{value}</v></c>', styles=styled(code))
    assert (found.text, found.trouble) == (shown, None)


@pytest.mark.parametrize(
    ("value", "code", "trouble"),
    [
        ("17", ";;;", Trouble.INVISIBLE), ("46366", "yyyy年m月", Trouble.FORMAT), ("46366", "aaaa", Trouble.FORMAT),
        ("3", "[h]:mm", Trouble.FORMAT), ("13800138000", "0.00E+00", Trouble.FORMAT), ("1234567890123456789", "0", Trouble.ROUNDED),
        ("1234567890123456789", "General", Trouble.ROUNDED), ("17", "# ?/?", Trouble.FORMAT), ("46366", "dddd", Trouble.FORMAT),
    ],
)  # fmt: skip
def test_a_number_whose_format_shows_something_else_is_trouble(value: str, code: str, trouble: Trouble) -> None:
    assert cell(f'<c r="D2" s="1"><v>{value}</v></c>', styles=styled(code)).trouble is trouble


@pytest.mark.parametrize("number", [14, 22, 31, 58])
def test_the_dates_of_a_chinese_excel_are_dates(number: int) -> None:
    found = cell('<c r="D2" s="0"><v>46366</v></c>', styles=f'<cellXfs><xf numFmtId="{number}"/></cellXfs>')
    assert found.day == "2026-12-10"


@pytest.mark.parametrize(
    ("xml", "trouble"),
    [
        ('<c r="D2" t="e"><v>#N/A</v></c>', Trouble.ERROR),
        ('<c r="D2"><f>A1&amp;"x"</f></c>', Trouble.NO_VALUE),
        ('<c r="D2"><f>TODAY()+7</f><v></v></c>', Trouble.NO_VALUE),
        ('<c r="D2" t="str"><f>IFERROR(VLOOKUP(A2,X:Y,2),"")</f><v></v></c>', Trouble.BLANK),
        ('<c r="D2" t="str"><f>[1]Sheet1!A2</f><v>东门</v></c>', Trouble.EXTERNAL),
        ('<c r="D2" t="str"><f>\'[1]其他 表\'!A2</f><v>东门</v></c>', Trouble.EXTERNAL),
        ('<c r="D2" s="1" t="inlineStr"><is><t>东门</t></is></c>', Trouble.STRUCK),
        ('<c r="D2" t="inlineStr"><is><t>东_xD800_</t></is></c>', Trouble.LOST),
        ('<c r="D2" t="inlineStr"><is><t>东_x0007_</t></is></c>', Trouble.CONTROL),
    ],
)
def test_a_cell_that_does_not_say_what_it_seems_to_say_is_trouble(xml: str, trouble: Trouble) -> None:
    assert cell(xml, styles=styled("General", "<strike/>")).trouble is trouble


@pytest.mark.parametrize(
    ("xml", "shown"),
    [
        ('<c r="D2" t="inlineStr"><is><t>a_x005F_x000D_b</t></is></c>', "a_x000D_b"),
        ('<c r="D2" t="inlineStr"><is><r><t>鲁B</t></r><r><t>12345</t></r><rPh sb="0" eb="1"><t>lu</t></rPh></is></c>', "鲁B12345"),
        ('<c r="D2" t="s"><v>0</v></c>', "鲁B12345"),
        ('<c r="D2" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="D2" t="str"><f>A2</f><v>鲁B12345</v></c>', "鲁B12345"),
        ('<c r="D2" t="inlineStr" s="1"><is><t>B12345</t></is></c>', "鲁B12345"),
    ],
)  # fmt: skip
def test_a_text_is_what_a_person_sees(xml: str, shown: str) -> None:
    runs = "<si><r><t>鲁B</t></r><r><rPr/><t>12345</t></r><rPh><t>lu</t></rPh></si>"
    assert cell(xml, styles=styled('"鲁"@'), strings=runs).text == shown


def test_a_merged_range_fills_its_rows_and_makes_none() -> None:
    rows = (
        HEADING
        + row(2, "鲁B1", "居民", "东门")
        + row(3, "鲁B2", "居民")
        + row(4, text("A4", "鲁B3"), text("B4", "居民"))
    )
    found = read(workbook(rows, after='<mergeCells><mergeCell ref="C2:C900"/></mergeCells>'), "list.xlsx")
    assert [each[2] for each in texts(found)[1:]] == ["东门"] * 3
    assert numbers(found) == [1, 2, 3, 4]


def test_what_is_hidden_is_named() -> None:
    rows = HEADING + row(2, "鲁B1", "居民", attributes='hidden="1"') + row(3, "鲁B2", "居民", attributes='ht="0"')
    found = read(workbook(rows + row(4, "鲁B3"), before='<cols><col min="3" max="3" hidden="1"/></cols>'), "l.xlsx")
    assert (numbers(found), found.hidden_rows, found.hidden_columns) == ([1, 4], (2, 3), (2,))
    folded = workbook(HEADING + row(2, "鲁B1"), before='<sheetFormatPr zeroHeight="1"/>')
    assert "empty" in why(folded, "l.xlsx")


def test_rows_of_formulas_that_show_nothing_are_none() -> None:
    blank = '<c r="A3" t="str"><f>IF(1,"","")</f><v></v></c>'
    assert numbers(read(workbook(HEADING + row(2, "鲁B1") + row(3, blank)), "l.xlsx")) == [1, 2]


def test_a_formula_that_shares_another_file_is_trouble_in_every_cell() -> None:
    first = '<c r="D2" t="str"><f t="shared" si="0" ref="D2:D3">[1]S!A2</f><v>x</v></c>'
    second = '<c r="D3" t="str"><f t="shared" si="0"/><v>x</v></c>'
    found = read(workbook(HEADING + row(2, "a", "b", "c", first) + row(3, "a", "b", "c", second)), "l.xlsx")
    assert [each.cell(3).trouble for each in found.rows[1:]] == [Trouble.EXTERNAL] * 2


def test_dates_of_1904_count_from_there() -> None:
    made = Workbook()
    made.epoch = datetime(1904, 1, 1)  # a workbook knows no zones
    made.active.append(["车牌", "类别", "止"])
    made.active.append(["鲁B1", "居民", datetime(2026, 12, 10)])
    out = io.BytesIO()
    made.save(out)
    assert read(out.getvalue(), "l.xlsx").rows[1].cells[2].day == "2026-12-10"


# --- other kinds, and hostile ones ------------------------------------------------------------------------------------


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in parts.items():
            made.writestr(name.replace("__", "/"), data)
    return out.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (OLE + "Workbook".encode("utf-16-le"), "an old Excel workbook"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "a web page or XML"),
        (b"\xef\xbb\xbf  <!DOCTYPE html>", "a web page or XML"),
        (b'<?xml version="1.0"?><Workbook/>', "a web page or XML"),
        (b"MIME-Version: 1.0\r\n", "a web page or XML"),
        (b"%PDF-1.7", "another kind of file"),
        (b"\x89PNG\r\n\x1a\n", "another kind of file"),
        (b"\x1f\x8b\x08", "a packed archive"),
        (archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "an OpenDocument file"),
        (archive(**{"Index__Document.iwa": b"x"}), "a Numbers document"),
        (archive(**{"list.csv": b"x"}), "a packed archive"),
        (archive(**{"x.bin": b"x"}), "an archive that is no .xlsx"),
        (workbook(HEADING, extra={"xl/vbaProject.bin": b"x"}), "a workbook with macros"),
        (workbook(HEADING, extra={"xl/workbook.bin": b"x"}), "a binary workbook"),
        (workbook(HEADING, extra={"word/document.xml": b"x"}), "another kind of file"),
        (workbook("", before="<x/>"), "empty"),
        (workbook(HEADING, prolog='<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">]>'), "(ValueError)"),
        (workbook(HEADING.replace("<row", "<row><") + "<"), "(ValueError)"),
        (workbook("<x>" * 100 + "</x>" * 100), "(ValueError)"),
        (workbook(HEADING + row(1, "a")), "(ValueError)"),
        (workbook(row(1, '<c r="A1" t="s"><v>-1</v></c>'), strings="<si><t>车牌</t></si>"), "(IndexError)"),
        (workbook(row(1, '<c r="A1"><v>NaN</v></c>')), "(ValueError)"),
        (workbook(HEADING)[:-40], "(BadZipFile)"),
        (workbook(row(1, text("A1", "x" * 33_000))), "row 1: a cell of more than 32767"),
    ],
)
def test_a_file_of_another_kind_is_one_line(data: bytes, says: str) -> None:
    assert says in why(data, "list.xlsx")


def test_merged_ranges_without_end_are_refused() -> None:
    rows = HEADING + "".join(row(number, "x" * 3) for number in range(2, 3_000))
    spans = '<mergeCell ref="A1:BL5000"/>' * 50
    assert "(ValueError)" in why(workbook(rows, after=f"<mergeCells>{spans}</mergeCells>"), "l.xlsx")


def test_more_rows_than_are_taken_are_refused() -> None:
    rows = "".join(
        f'<row r="{number}"><c r="A{number}"><v>1</v></c></row>' for number in range(1, sheet.MOST_ROWS + 40)
    )
    assert "more than 20000 rows" in why(workbook(rows), "l.xlsx")


@pytest.mark.parametrize("run", ["<strike/>", '<strike val="1"/>', '<b/><strike val="true"/>'])
def test_a_run_that_is_crossed_out_is_trouble_like_a_cell_that_is(run: str) -> None:
    runs = f"<r><t>东门、</t></r><r><rPr>{run}</rPr><t>西门</t></r>"
    assert cell(f'<c r="D2" t="inlineStr"><is>{runs}</is></c>').trouble is Trouble.STRUCK
    shared = cell('<c r="D2" t="s"><v>0</v></c>', strings=f"<si>{runs}</si>")
    assert shared.trouble is Trouble.STRUCK


def test_a_run_that_says_that_it_is_not_crossed_out_is_none() -> None:
    runs = '<r><rPr><strike val="0"/></rPr><t>东门</t></r>'
    assert cell(f'<c r="D2" t="inlineStr"><is>{runs}</is></c>').trouble is None


@pytest.mark.parametrize(
    "code", ['[<20000]"鲁B"00000;"鲁C"00000', '[>=20000]"鲁C"00000;"鲁B"00000', '[Red][=1]"鲁A";[<>2]0;0']
)
def test_a_format_that_chooses_by_the_number_is_trouble_and_no_guess(code: str) -> None:
    escaped = code.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    styles = styled("CODE").replace("CODE", escaped)
    assert cell('<c r="D2" s="1"><v>30000</v></c>', styles=styles).trouble is Trouble.FORMAT
