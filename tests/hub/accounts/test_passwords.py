"""Which passwords and PINs the hub takes."""

import pytest

from hub.accounts.passwords import check_password, check_pin, made_password


@pytest.mark.parametrize(
    "password",
    [
        "12345678", " " * 8, " " * 12, "　" * 12, "short", "a" * 12, "abcabcabcabc", "123456789012", "password1234", "Password2026!",
        "P@ssw0rd2026!", "qwertyuiop12", "qwertyuiopasdf", "1qaz2wsx3edc4rfv", "letmeinletmein", "woaini1314520", "zhongguo12345",
        "Admin@123456", "administrator1", "wangwei-wangwei", "pingdu-pingdu-2026", "PingDu123456", "pingdu_wangwei", "kakou-pingdu-2026",
        "yiqingfangkong", "yiqingfangkong2020", "Yiqingfangkong!", "yiqing_fangkong_2022", "y1q1ngf@ngk0ng", "fangkongyiqing2020",
        "xinguanfeiyan", "XinGuanFeiYan2020!", "xinguan2020!!", "fangyi2020!!!!", "kangyibisheng2020", "kakoufangyi2020", "kakou20200123",
        "zhongguojiayou", "wuhan-jiayou!", "WuhanJiayou2020", "woainizhongguo", "woaiwuhan2020", "wohenaini1314", "5201314woaini",
        "shandong123456", "hubeiwuhan2020", "heilongjiang1", "heilongjiang2020!", "shijiazhuang!", "guangdongshenzhen", "gnokgnafgniqiy",
        "woaibeijingtiananmen", "yqfk20202020!", "疫情防控新冠肺炎武汉加油", "jiankangma2021",
        "iewgnaw-udgnip", "198707271234", "138123456780", "x" * 300, "tab\tin the middle of it", "密码密码密码密码密码密码",
    ],
)  # fmt: skip
def test_what_is_guessed_soon_is_refused_in_one_line(password: str) -> None:
    """Faults C: `12345678` and eight blanks were passwords."""
    with pytest.raises(ValueError, match="password: expected") as refused:
        check_password(password, ("wangwei", "Wang Wei", "pingdu"))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse",
        "winter radish moon",
        "Tq7#vLp2xRw9",
        "kettle-orbit-paper",
        "春风又绿江南岸明月何时照",
        "lubiaoxiangjiaosijiqing",
        "wuhan radish kettle moon",
        "four lanes 平度 radish",
    ],
)
def test_what_is_not_is_taken(password: str) -> None:
    check_password(password, ("wangwei", "Wang Wei", "pingdu"))


def test_a_password_that_the_hub_makes_is_always_taken() -> None:
    made = {made_password() for _ in range(20)}
    assert len(made) == 20
    for each in made:
        check_password(each, ("admin", "Admin", "demo"))


@pytest.mark.parametrize(
    "pin",
    [
        "", "123", "12a4", "１２３４", "٣٧١٩", " 4821", "1234567890123", "0000", "1111", "1212", "2121", "1122", "1221", "1233" "1233", "1234",
        "4321", "7890", "0987", "2468", "1357", "2580", "0852", "1470", "147258", "147369", "456123", "789456123", "1379" "1379", "123123",
        "1314", "5201", "5209", "9520", "131420", "5201314", "52013140", "1688", "16888", "9527", "10086", "10010", "10000", "110119", "1100",
        "1190", "1205", "12306", "1379", "9731", "1397", "2486", "8520", "7410", "9630", "0147", "3690", "1236", "7896", "3698", "1590", "3570",
        "101112", "102030", "12312", "1901", "2099", "0229",
        "4884", "748847", "1987", "2026", "1949", "0101", "1225", "3112", "270519", "190527", "19870727", "27071987", "202603", "778899",
    ],
)  # fmt: skip
def test_a_pin_that_is_tried_first_is_refused_in_one_line(pin: str) -> None:
    """Faults C: 1212 and 2580 were PINs."""
    with pytest.raises(ValueError, match="pin: expected") as refused:
        check_pin(pin)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("pin", ["7539", "80413", "704913", "4827", "39518264", "905172846395"])
def test_other_pins_are_taken(pin: str) -> None:
    check_pin(pin)


def test_most_pins_are_left() -> None:
    def taken(pin: str) -> bool:
        try:
            check_pin(pin)
        except ValueError:
            return False
        return True

    assert sum(taken(f"{number:04}") for number in range(0, 10_000, 7)) > 1050, "three of four"
