"""The names that the columns of a list may have, in Chinese and in English, and where in a table the headings stand."""

import re
import unicodedata
from collections.abc import Iterable

from hub.values.visible import bare

# column: how its heading may be written, besides its own name. Case, blanks, width and "(required)" do not matter.
COLUMNS: dict[str, tuple[str, ...]] = {
    "plate": (
        "车牌", "车牌号", "车牌号码", "车号", "车牌照", "车牌照号", "车牌照号码", "车辆牌照", "车辆牌照号", "车辆牌照号码", "车辆号牌",
        "车辆号牌号码", "车辆车牌", "车辆车牌号", "车辆车牌号码", "牌照", "牌照号", "牌照号码", "牌号", "号牌", "号牌号", "号牌号码",
        "机动车号牌", "机动车号牌号码", "plate number", "plate no", "number plate", "license plate", "licence plate",
        "license plate number", "licence plate number", "license plate no", "licence plate no", "vehicle plate",
        "vehicle plate number", "car plate", "registration", "registration number", "registration plate", "vehicle registration",
    ),
    "class": (
        "类别", "类型", "车辆类别", "车辆类型", "车辆种类", "通行证类别", "通行证类型", "通行类别", "通行类型", "证件类别", "证件类型",
        "vehicle class", "pass class", "vehicle type", "pass type", "vehicle category", "category", "type",
    ),
    "from": (
        "起", "自", "起始", "起始日", "起始日期", "起始时间", "开始", "开始日", "开始日期", "开始时间", "生效", "生效日", "生效日期",
        "生效时间", "有效期起", "有效期自", "有效期从", "有效期始", "有效期开始", "有效期起始", "有效期起始日", "有效期起始日期", "有效起始日期",
        "有效开始日期", "有效开始时间", "有效期开始日期", "有效期开始时间", "有效期起始时间", "启用日期", "启用时间", "valid from", "from date",
        "start", "start date", "start time", "begin", "begin date", "begins", "effective", "effective from", "effective date",
        "not before", "valid since",
    ),
    "to": (
        "止", "至", "截止", "截止日", "截止日期", "截止时间", "结束", "结束日", "结束日期", "结束时间", "终止", "终止日期", "终止时间", "失效",
        "失效日", "失效日期", "失效时间", "到期", "到期日", "到期日期", "到期时间", "有效期", "有效期限", "有效日期", "有效期止", "有效期至", "有效期到", "有效期限至",
        "有效期截止", "有效期截至", "有效期截止日期", "有效期截止日", "有效期截止时间", "有效期结束", "有效期结束日期", "有效期结束时间",
        "有效期终止", "有效期终止日期", "有效期止日期", "有效期至日期", "有效期到期日", "有效期到期日期", "有效日期至", "有效至", "有效到",
        "有效截止日期", "有效截止时间", "有效终止日期", "有效结束日期", "截至", "截至日期", "截至时间", "valid until", "valid to",
        "valid till", "valid through", "valid thru", "to date", "until", "till", "end", "end date", "end time", "ends", "expires",
        "expires at", "expires on", "expiry", "expiry date", "expiration", "expiration date", "expire date", "not after",
    ),
    "gates": (
        "卡口", "卡口名称", "适用卡口", "适用卡点", "放行卡口", "放行卡点", "适用检查站", "准行卡口", "可走卡口", "通行卡口", "可通行卡口", "允许卡口", "允许通行卡口", "准许卡口", "准许通行卡口", "准入卡口",
        "准通卡口", "指定卡口", "出入卡口", "进出卡口", "通行卡口名称", "卡点", "卡点名称", "通行卡点", "可通行卡点",
        "允许通行卡点", "指定卡点", "进出卡点", "出入卡点", "检查站", "通行检查站", "gate", "allowed gates", "allowed gate",
        "permitted gates", "permitted gate", "checkpoint", "checkpoints", "allowed checkpoints",
    ),
    "priority": ("优先", "优先通行", "是否优先", "是否优先通行", "priority pass", "priority passage"),
    "reference": (
        "参考号", "申请编号", "申请单号", "申请号", "受理编号", "受理号", "登记编号", "申请单编号", "ref", "reference number",
        "reference no", "ref no", "application number", "application no",
    ),
    "number": ("序号", "序", "序列", "行号", "no", "no.", "#", "№", "s/n"),
}  # fmt: skip
REQUIRED = ("plate", "class")
_HINT = re.compile(r"[(\[【〔{]([^()\[\]【】〔〕{}]*)[)\]】〕}]")
_HARMLESS = re.compile(
    r"必填|必填项|必须|必填字段|选填|选填项|可选|可选项|可不填|可空|可为空|非必填|不必填|required|mandatory|optional|"
    r"格式.*|例如?[:：]?.*|如[:：]?.*\d.*|示例.*|y{2,4}[-/.年]?m{1,2}[-/.月]?d{1,2}日?.*|年月日|年-月-日|文本|文本格式|日期|日期格式|text|date"
)


_TWO_SCRIPTS = re.compile(r"([\u3400-\u9fff]+)([!-~]+)|([!-~]+?)([\u3400-\u9fff]+)")


def plain(text: str) -> str:
    """A name without what does not matter in it: case, width, blanks, invisible characters."""
    wide = unicodedata.normalize("NFKC", text).casefold()
    return "".join(bare(wide).split())


def column_of(heading: str) -> str | None:
    """The column that a heading means; None if it means none that we know. A hint such as "(required)" may follow the name."""
    name = plain(heading)
    name = _HINT.sub(lambda found: "" if _HARMLESS.fullmatch(found[1]) else found[0], name)
    if column := _spelled(name):
        return column
    # in two languages: every part must be known, and all must mean the same
    columns = {_spelled(each) for each in _parts(name)}
    return columns.pop() if len(columns) == 1 else None


def _spelled(name: str) -> str | None:
    return _SPELLED.get(name) or _SPELLED.get(name.strip("*:.·_-"))


def _parts(name: str) -> list[str]:
    """The names in a heading such as `车牌号/Plate`, `Plate(车牌)`, `车牌Plate`."""
    apart = [each for each in re.split(r"[/|\\,;、()\[\]【】〔〕{}]", name) if each.strip("*:.·_-")]
    return [part for each in apart for part in _scripts(each)]


def _scripts(name: str) -> list[str]:
    """The Chinese and the English of a name that has both."""
    found = _TWO_SCRIPTS.fullmatch(name)
    return [each for each in found.groups() if each] if found else [name]


def known_columns(headings: Iterable[str]) -> int:
    """How many different columns a row names."""
    return len({column_of(each) for each in headings} - {None})


def _spellings() -> dict[str, str]:
    found: dict[str, str] = {}
    for column, texts in COLUMNS.items():
        for text in (column, *texts):
            # words of English are also joined by "_" and "-"
            for spelled in {text, text.replace(" ", "_"), text.replace(" ", "-")}:
                found[plain(spelled)] = column
    return found


_SPELLED = _spellings()
