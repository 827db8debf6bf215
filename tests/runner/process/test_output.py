"""What is printed and written to the log of a run."""

from runner.process.output import LogFileHandler, log


def test_a_log_has_no_password_in_it(tmp_path):
    address = "http://me:p4ss@host"
    handler = LogFileHandler(tmp_path / "log")
    log.addHandler(handler)
    try:
        raise ValueError(address)
    except ValueError:
        log.warning("at %s", address, exc_info=True)
    finally:
        log.removeHandler(handler)
        handler.close()
    written = (tmp_path / "log").read_text()
    assert ("p4ss" in written, written.count("://***@host")) == (False, 2)
