"""The operation's life: the decision it goes by, its period, the versions of its rules, its end and closing report."""
