"""The report of a destruction on paper, in Chinese or English: A4 as PDF, with its signature and room for the two admins' own.

The words stand here in both languages, because the paper's language is chosen with it and not by a page's reader.
Tested in `tests/hub/destruction/test_report.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from edge.contract.records import parse_wall
from edge.contract.values import is_wall
from hub.destruction.report import Report
from hub.passes.cards import font_file

if TYPE_CHECKING:
    from fpdf import FPDF  # takes a third of a second to import: only who prints waits for it

_FAMILY = "cjk"
MARGIN = 15.0
WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("个人信息销毁报告", "Report on the destruction of personal information"),
    "town": ("城镇", "Town"), "operation": ("行动", "Operation"), "destruction": ("销毁编号", "Destruction"),
    "version": ("报告版本", "Version of this report"), "made_at": ("报告时间", "Made at"),
    "requested": ("申请人", "Asked for by"), "confirmed": ("确认人", "Confirmed by"), "ended_at": ("完成时间", "Done at the hub at"),
    "parts": ("各部分的处置决定", "What was decided of each part"), "steps": ("已执行的步骤", "What was done"),
    "receipts": ("各卡口回执", "Receipts of the gates"), "gates": ("各卡口的副本", "Copies at the gates"), "unreached": ("未能触及的内容", "What could not be reached"),
    "part": ("部分", "Part"), "choice": ("处置", "Choice"), "reason": ("原因", "Reason"), "until": ("保留至", "Kept until"),
    "step": ("步骤", "Step"), "at": ("时间", "Time"), "counts": ("数量", "Counts"), "gate": ("卡口", "Gate"), "state": ("状态", "State"),
    "what": ("内容", "What"), "which": ("明细", "Which"),
    "signature": ("中心签名", "The hub's signature"), "hub_key": ("中心公钥", "The hub's public key"),
    "signs": ("申请人签字", "Signature, asked for by"), "signs_too": ("确认人签字", "Signature, confirmed by"), "seal": ("盖章", "Seal"),
    "destroy": ("销毁", "destroyed"), "archive": ("移交档案", "handed over"), "keep": ("保留", "kept"),
    "sent": ("已下发，未回执", "asked, no answer yet"), "started": ("正在执行", "has begun"), "done": ("已销毁", "destroyed"),
    "failed": ("失败", "failed"), "unsupported": ("版本不支持", "does not know how"), "retired": ("已停用，未下发", "retired, not asked"),
    "expired": ("已过期", "expired"), "cancelled": ("已取消", "cancelled"),
    "gates_open": ("尚未回执的卡口", "Gates without a receipt yet"), "gates_away": ("离线的卡口（返回后执行）", "Gates that are away (they get it when they return)"),
    "gates_retired": ("已停用的卡口（请销毁其存储卡）", "Retired gates (destroy their cards)"),
    "typed": ("人员在说明中手写的车牌或姓名（在哈希内容中，无法取出）", "Plates or names that people typed into reasons (hashed, they cannot be taken out)"),
    "backups_elsewhere": ("不在备份目录中的备份", "Backups that are not in the folder of backups"),
    "exports_taken": ("已下载的导出文件", "Exports that were downloaded"), "feed_targets": ("接收数据的外部系统（不含个人信息）", "Systems that were sent entries (without personal values)"),
    "archive_files": ("已移交的密封档案", "Sealed files that were handed over"),
    "broker_elsewhere": ("自备消息代理的存储", "The store of a broker that is not ours"),
    "broker_store": ("旧版本消息代理的存储（重启 kakou-broker 即销毁）", "What an older version's broker kept (destroyed when kakou-broker is restarted)"),
    "postgresql": ("数据库服务器的日志与备份", "The database server's own logs and backups"), "paper": ("纸质材料", "Paper"),
    "browsers": ("浏览器中仍打开的页面", "Pages that are still open in browsers"),
    "disk_blocks": ("存储介质中未被覆盖的旧块", "Old blocks of the storage medium that were not overwritten"),
    "ledger": ("台账中的个人信息", "Personal values of the ledger"), "passes": ("通行证", "Passes"), "watch_list": ("布控名单", "Watch list"),
    "vehicle_notes": ("车辆备注", "Notes about vehicles"), "duty_staff": ("执勤人员", "Duty staff"), "village_plans": ("村平面图", "Village plans"), "pictures": ("照片", "Pictures"), "reports": ("日报", "Daily reports"),
    "alerts": ("告警", "Alerts"), "orders": ("指令", "Orders"), "quarantine": ("待核报文", "Quarantine"), "audit": ("审计", "Audit"),
    "backups": ("备份", "Backups"), "exports": ("导出", "Exports"), "forms": ("表单与应答", "Forms and answers"),
    "files": ("文件与日志", "Files and logs"),
    "entries": ("含个人信息的条目", "entries with personal values"), "visits": ("通行记录", "visits"), "plate_ends": ("车牌检索", "parts of plates"),
    "inside": ("区内车辆", "vehicles inside"), "last_passed": ("最近通行", "last crossings"), "sightings": ("通行通报", "sightings"),
    "conflicts": ("疑点", "conflicts"), "duty_notes": ("值班记事", "notes on duty"), "watched": ("布控车牌", "watched plates"),
    "zero_reports": ("零报告", "zero reports"), "dispatches": ("下达的指令", "orders sent"), "village_receipts": ("各村回执", "receipts of villages"),
    "questions": ("上级提问", "questions"), "question_answers": ("答复", "answers"), "run_plans": ("专班计划", "plans of runs"),
    "duty_absences": ("请假", "absences"), "plan_marks": ("图上标记", "marks on plans"), "units": ("单位", "units"), "ahead": ("待补报文", "sent ahead"),
    "audit_counts": ("审计计数", "counts of the audit"), "export_jobs": ("导出任务", "exports"), "register_imports": ("导入", "imports"),
    "answered_forms": ("已应答的表单", "forms answered"), "api_answers": ("接口应答", "answers of the API"), "attempts": ("登录尝试", "tries to sign in"),
    "sessions": ("会话", "sessions"), "undone": ("未完成的操作", "acts not finished"), "register_rows": ("条", "rows"),
    "logs": ("清理日志", "Logs cleaned"), "said": ("写入台账", "Said in the ledger"), "values": ("销毁数值与盐", "Values and salts destroyed"),
    "projections": ("重新推导", "Derived anew"), "lists": ("清空各名单", "Lists erased"), "published": ("下发名单", "Pass list published"),
    "pages": ("重写数据库", "Database written anew"), "proof": ("校验通过", "Verified"),
}  # fmt: skip
"""Word -> Chinese, English."""


def words_of(name: str, language: str) -> str:
    """A word of the report in a language; one that is none of them (a register's id) stands for itself."""
    found = WORDS.get(name)
    return name.removeprefix("register:") if found is None else found[language == "en"]


def pdf(report: Report, hub_key: str, language: str, zone: ZoneInfo) -> bytes:
    """The report as a PDF; `RefusedError` if no Chinese font is installed. The same report gives the same bytes."""
    said, paper = report.content, _paper(report)

    def word(name: str) -> str:
        return words_of(name, language)

    _line(paper, word("title"), 16, "C")
    for name in ("town", "operation", "destruction", "version", "made_at", "ended_at"):
        _line(paper, f"{word(name)}: {_said(said.get(name), zone)}")
    for name in ("requested", "confirmed"):
        who = said[name]
        _line(paper, f"{word(name)}: {who['name']} ({who['by']}), {_said(who['at'], zone)}")
    _table(paper, word("parts"), [word(each) for each in ("part", "choice", "until", "reason")], [
        [word(each["part"]), word(each["choice"]), _said(each["until"], zone), each["reason"]] for each in said["parts"]
    ])  # fmt: skip
    _table(paper, word("steps"), [word(each) for each in ("step", "at", "counts")], [
        [word(each["step"]), _said(each["at"], zone), _counts(each["counts"], word)] for each in said["steps"]
    ])  # fmt: skip
    _table(paper, word("receipts"), [word(each) for each in ("gate", "state", "at", "counts")], [
        [each["gate"], word(each["state"]), _said(each["at"], zone), _counts(each["counts"], word)] for each in said["gates"]
    ])  # fmt: skip
    _table(paper, word("unreached"), [word(each) for each in ("what", "which")], [
        [word("archive_files" if each["what"] == "archive" else each["what"]), ", ".join(each["which"]) or _said(each["count"], zone)]
        for each in said["unreached"]
    ])  # fmt: skip
    paper.ln(3)
    _line(paper, f"{word('hub_key')}: {hub_key}", 7)
    _line(paper, f"{word('signature')}: {report.sig}", 7)
    paper.ln(8)
    _line(paper, f"{word('signs')}: ____________    {word('signs_too')}: ____________    {word('seal')}:")
    return bytes(paper.output())


def _paper(report: Report) -> FPDF:
    from fpdf import FPDF

    class Paper(FPDF):
        """Pages with their number at the foot."""

        def footer(self) -> None:
            """Writes `— 1 —`."""
            self.set_y(-10)
            self.set_font(_FAMILY, size=9)
            self.cell(0, 5, f"— {self.page_no()} —", align="C")

    paper = Paper(unit="mm", format="A4")
    paper.set_auto_page_break(True, margin=16)
    paper.set_margins(MARGIN, MARGIN, MARGIN)
    paper.set_creation_date(parse_wall(report.made_at))
    paper.set_creator("Kakou")
    paper.add_font(_FAMILY, fname=font_file())
    paper.add_page()
    return paper


def _line(paper: FPDF, text: str, points: float = 9.5, align: str = "L") -> None:
    paper.set_font(_FAMILY, size=points)
    paper.multi_cell(0, points * 0.55, text, align=align, new_x="LMARGIN", new_y="NEXT")
    paper.ln(0.8)


def _table(paper: FPDF, title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from fpdf.fonts import FontFace

    paper.ln(3)
    _line(paper, title, 11)
    paper.set_font(_FAMILY, size=8)
    widths = tuple([28] * (len(head) - 1) + [max(30, 180 - 28 * (len(head) - 1))])
    with paper.table(
        col_widths=widths,
        headings_style=FontFace(emphasis="", fill_color=235),
        line_height=4.4,
        padding=0.7,
        repeat_headings=1,
    ) as table:
        for row in (head, *rows) if rows else (head, ["—"] * len(head)):
            made = table.row()
            for each in row:
                made.cell(each)


def _counts(counts: Mapping[str, Any], word: Any) -> str:
    parts = []
    for name, value in counts.items():
        if isinstance(value, dict):
            parts.append(f"{word(name)}: {_counts(value, word)}")
        elif isinstance(value, list):
            parts.append(f"{word(name)}: {len(value)}")
        elif value not in (None, ""):
            parts.append(f"{word(name)} {str(value)[:16]}")
    return "; ".join(parts)


def _said(value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return "—"
    text = str(value)
    return parse_wall(text).astimezone(zone).isoformat(sep=" ", timespec="minutes") if is_wall(text) else text
