"""The trial commands' options, as far as no warehouse is needed."""

import pytest

from jinta import cli

CASES = [
    (["what-if"], "There is nothing to try"),
    (["what-if", "--rules-of", "2026-01"], "Give it a --name"),
    (
        ["what-if", "x.csv", "--month", "2026-01", "--to", "2026-02"],
        "one or the others",
    ),
    (["what-if", "x.csv", "--from", "2026-02", "--to", "2026-01"], "Swap them"),
    (["what-if", "x.csv", "--to", "2026-01"], "--to needs --from"),
    (["what-if", "x.csv", "--month", "January"], "is not a month"),
    (["what-if", "x.csv", "--name", "mine"], "Fill --name and --by"),
    (["what-if", "x.csv"], "There is no candidate x.csv"),
    (["robustness", "--name", " ", "--by", "me"], "Fill --name and --by"),
]


@pytest.mark.parametrize(("arguments", "message"), CASES)
def test_a_wrong_option_is_refused_with_a_cure(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code in (1, 2)
    assert message in capsys.readouterr().err
