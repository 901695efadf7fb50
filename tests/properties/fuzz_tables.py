"""Hostile tables by name: spreadsheets and text that a small model reads; `test_fuzz_limits.py` runs them.

A case is the name of the table and a function that makes its bytes. Zip bombs are small here and huge
inside: what counts is what a reader takes out of them.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

TableCase = tuple[str, Callable[[], bytes]]

TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
    'Target="{target}"/>{more}</Relationships>'
)
STRINGS = (
    '<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
    'sharedStrings" Target="sharedStrings.xml"/>'
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
WORKBOOK = (
    f'<?xml version="1.0"?><workbook xmlns="{MAIN}" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="Sheet" sheetId="1" r:id="r1"/></sheets></workbook>'
)
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE laughs [<!ENTITY e0 "1">'
    + "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
    + "]>"
)


def sheet(rows: str, *, head: str = '<?xml version="1.0"?>') -> str:
    """Return a sheet of some rows."""
    return f'{head}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def book(text: str | bytes, *, strings: str | bytes = "", workbook: str = WORKBOOK) -> bytes:
    """Return a workbook of one sheet, packed as tightly as it goes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr(
            "_rels/.rels", RELATIONS.format(kind="officeDocument", target="xl/workbook.xml", more="")
        )
        archive.writestr("xl/workbook.xml", workbook)
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            RELATIONS.format(
                kind="worksheet", target="worksheets/sheet1.xml", more=STRINGS if strings else ""
            ),
        )
        archive.writestr("xl/worksheets/sheet1.xml", text)
        if strings:
            archive.writestr("xl/sharedStrings.xml", strings)
    return packed.getvalue()


def cell(place: str, value: str) -> str:
    """Return a row of one cell."""
    return f'<row><c r="{place}"><v>{value}</v></c></row>'


def lying() -> bytes:
    """Return a workbook whose sheet says it is small and is not."""
    content = bytearray(book(sheet(cell("A1", "1") + " " * 50_000_000)))
    real = (50_000_000 + len(sheet(cell("A1", "1")))).to_bytes(4, "little")
    return bytes(content.replace(real, (100).to_bytes(4, "little")))


#: What the model reads: a number, a series, points and names, all from one table.
MODEL = """{{UTF-8}}
Town: GET {kind} SUBSCRIPT('{file}', '{tab}', 'A1', 'C1', '') ~~|
x = GET {kind} CONSTANTS('{file}', '{tab}', 'A1') ~~|
y := GET {kind} DATA('{file}', '{tab}', '1', 'A2') ~~|
z(GET {kind} LOOKUPS('{file}', '{tab}', 'A', 'B1')) ~~|
w = x + y + z(Time) ~~|
INITIAL TIME = 0 ~~| FINAL TIME = 4 ~~| TIME STEP = 1 ~~| SAVEPER = 1 ~~|
"""


def model(file: str) -> str:
    """Return the model that reads a table."""
    is_text = file.endswith((".csv", ".tab"))
    return MODEL.format(kind="DIRECT" if is_text else "XLS", file=file, tab="," if is_text else "Sheet")


TABLES: dict[str, TableCase] = {
    "a sheet of 300 MB of spaces": ("book.xlsx", lambda: book(sheet(" " * 300_000_000))),
    "a sheet of a million rows": (
        "book.xlsx",
        lambda: book(
            sheet("".join(f'<row r="{one}"><c r="A{one}"><v>1</v></c></row>' for one in range(1, 10**6)))
        ),
    ),
    "a sheet that says it is small": ("book.xlsx", lying),
    "texts of 100 MB": (
        "book.xlsx",
        lambda: book(
            sheet('<row><c r="A1" t="s"><v>0</v></c></row>'),
            strings=f'<sst xmlns="{MAIN}"><si><t>{"a" * 100_000_000}</t></si></sst>',
        ),
    ),
    "a cell far away": ("book.xlsx", lambda: book(sheet(cell("XFD1048576", "1")))),
    "a cell beyond every sheet": ("book.xlsx", lambda: book(sheet(cell("ZZZZZZ99999999999", "1")))),
    "a place of 5000 digits": ("book.xlsx", lambda: book(sheet(cell("A" + "9" * 5000, "1")))),
    "a row of 5000 digits": (
        "book.xlsx",
        lambda: book(sheet(f'<row r="{"9" * 5000}"><c><v>1</v></c></row>')),
    ),
    "no place": ("book.xlsx", lambda: book(sheet(cell("", "1")))),
    "a text of no number": ("book.xlsx", lambda: book(sheet('<row><c r="A1" t="s"><v>-7</v></c></row>'))),
    "a huge number in a sheet": ("book.xlsx", lambda: book(sheet(cell("A1", "1e999")))),
    "no number in a sheet": ("book.xlsx", lambda: book(sheet(cell("A1", "nan")))),
    "laughs in a sheet": ("book.xlsx", lambda: book(sheet(cell("A1", "&e9;"), head=LAUGHS))),
    "an entity in a sheet": (
        "book.xlsx",
        lambda: book(sheet(cell("A1", "&e;"), head='<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>')),
    ),
    "elements in elements of a sheet": (
        "book.xlsx",
        lambda: book(sheet("<row>" * 100_000 + "</row>" * 100_000)),
    ),
    "a sheet elsewhere": (
        "book.xlsx",
        lambda: book(sheet(cell("A1", "1"))).replace(b"worksheets/sheet1.xml", b"../../../etc/passwd/1"),
    ),
    "no sheet": ("book.xlsx", lambda: book("", workbook="<workbook/>")),
    "an empty archive": ("book.xlsx", lambda: b"PK\x05\x06" + b"\0" * 18),
    "half an archive": ("book.xlsx", lambda: book(sheet(cell("A1", "1")))[:400]),
    "no archive": ("book.xlsx", lambda: b"PK\x03\x04" + bytes(range(256)) * 40),
    "no workbook": ("book.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 40),
    "a workbook of ones": ("book.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 100_000),
    "text of 80 MB": ("table.csv", lambda: b"1," * 40_000_000),
    "text of many lines": ("table.csv", lambda: b"1,2,3\n" * 3_000_000),
    "an open quotation": ("table.csv", lambda: b'"' + b"1," * 3_000_000),
    "zero bytes in text": ("table.csv", lambda: b"1,\0,2\n" * 10),
    "UTF-16 in text": ("table.csv", lambda: "1,2,3\n4,5,6\n".encode("utf-16") + b"\0"),
    "a number of 5000 digits in text": ("table.csv", lambda: b"9" * 5000 + b",1e999,nan,inf\n"),
}
