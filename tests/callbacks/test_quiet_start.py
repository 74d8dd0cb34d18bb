import os

from ganzoo.callbacks import QuietStart

NOTICE = b"W0000 00:00:1.5 7 meta_optimizer.cc:1] something about the graph\n"


def test_notices_of_the_first_step_are_dropped_and_no_others(capfd, monkeypatch):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    callback = QuietStart()
    for step in range(2):
        callback.on_train_batch_begin(step)
        os.write(2, NOTICE + b"said in step %d\n" % step)
        callback.on_train_batch_end(step)
    callback.on_train_end()
    assert capfd.readouterr().err.encode() == (
        b"said in step 0\n" + NOTICE + b"said in step 1\n"
    )


def test_after_a_failed_step_the_console_is_back(capfd, monkeypatch):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    callback = QuietStart()
    callback.on_train_batch_begin(0)
    os.write(2, b"E0000 00:00:1.5 7 a.cc:1] a real error\n")
    callback.on_train_end()
    os.write(2, NOTICE)
    assert capfd.readouterr().err.count("\n") == 2
