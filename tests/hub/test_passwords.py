"""Which passwords and PINs the hub takes."""

import pytest

from hub.accounts.passwords import check_password, check_pin, made_password


@pytest.mark.parametrize(
    "password",
    [
        "12345678", " " * 8, " " * 12, "　" * 12, "short", "a" * 12, "abcabcabcabc", "123456789012", "password1234", "Password2026!",
        "P@ssw0rd2026!", "qwertyuiop12", "qwertyuiopasdf", "1qaz2wsx3edc4rfv", "letmeinletmein", "woaini1314520", "zhongguo12345",
        "Admin@123456", "administrator1", "wangwei-wangwei", "pingdu-pingdu-2026", "PingDu123456", "pingdu_wangwei", "kakou-pingdu-2026",
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

    assert sum(taken(f"{number:04}") for number in range(0, 10_000, 7)) > 1200
