"""`ganzoo fetch` downloads what it is asked for, and says where it is."""

import sys

import pytest

from ganzoo import cli, downloads


@pytest.mark.parametrize("output", [None, "mine.pth"])
def test_a_published_file_is_fetched(monkeypatch, tmp_path, capsys, output):
    asked = []

    def fetch(wanted, path):
        asked.append((wanted, str(path)))
        return path

    monkeypatch.setattr(downloads, "fetch", fetch)
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    words = [] if output is None else ["--output", output]
    monkeypatch.setattr(sys, "argv", ["ganzoo", "fetch", "fid-inception", *words])
    cli.main()
    ((wanted, path),) = asked
    assert wanted is downloads.KNOWN["fid-inception"]
    assert path == (output or str(downloads.place("fid-inception")))
    assert path in capsys.readouterr().out


def test_an_unknown_one_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["ganzoo", "fetch", "fid-incepton"])
    with pytest.raises(SystemExit):
        cli.main()
    said = capsys.readouterr().err
    assert "no 'fid-incepton' to fetch" in said
    assert "Did you mean fid-inception?" in said
    assert said.count("\n") == 1
