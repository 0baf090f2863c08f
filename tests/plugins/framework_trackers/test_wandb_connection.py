import logging
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import wandb

from framework_trackers import wandb_connection
from framework_trackers.wandb_connection import (
    Experience,
    choose_mode,
    has_key,
    is_reachable,
    kept_within,
    quiet_log,
    without_launch,
    without_secrets,
)
from tests.support.wandb_server import WandbServer


@pytest.fixture(autouse=True)
def no_settings(monkeypatch, tmp_path):
    """No key and no mode, whatever the machine has."""
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


@pytest.mark.parametrize("mode", ["offline", "disabled"])
def test_mode_of_the_recipe_wins(monkeypatch, mode):
    monkeypatch.setenv("WANDB_MODE", "online")
    assert choose_mode(mode) == (mode, "")


@pytest.mark.parametrize(
    ("variable", "mode"), [("offline", "offline"), ("dryrun", "offline"), ("disabled", "disabled")]
)
def test_mode_follows_the_environment(monkeypatch, variable, mode):
    monkeypatch.setenv("WANDB_MODE", variable)
    assert choose_mode(None) == (mode, "")


def test_netrc_has_a_key_for_its_host_alone(tmp_path):
    (tmp_path / "netrc").write_text("machine api.wandb.ai login user password secret\n")
    assert has_key("https://api.wandb.ai")
    assert not has_key("https://wandb.example.org")


def test_environment_has_a_key(monkeypatch):
    assert not has_key("https://api.wandb.ai")
    monkeypatch.setenv("WANDB_API_KEY", "secret")
    assert has_key("https://api.wandb.ai")


def test_a_damaged_netrc_has_no_key(tmp_path):
    (tmp_path / "netrc").write_text("machine\n")
    assert not has_key("https://api.wandb.ai")


def test_a_server_with_an_outage_is_not_reached():
    with WandbServer() as server:
        assert is_reachable(server.url)
        server.is_down = True
        assert not is_reachable(server.url)
    assert not is_reachable(server.url)


def test_what_says_that_there_is_no_such_page_is_reached():
    class Missing(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(404)

        def log_message(self, *_): ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Missing) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        assert is_reachable(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


@pytest.mark.slow
def test_a_server_that_never_answers_is_not_reached():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not is_reachable(f"http://127.0.0.1:{silent.getsockname()[1]}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:secret@host/path cannot", "https://host/path cannot"),
        ("https://secret@host:80 and http://a@b", "https://host:80 and http://b"),
        ("https://host/path@home", "https://host/path@home"),
    ],
)
def test_addresses_are_shown_without_their_secrets(text, shown):
    assert without_secrets(text) == shown


def test_what_is_no_address_is_not_reached():
    assert not is_reachable("nonsense")


def test_server_that_has_failed_is_not_asked_again_for_a_while(monkeypatch):
    seen = Experience()
    assert seen.objection("http://one") == ""
    seen.note_failure("http://one")
    assert seen.objection("http://one") == "http://one has failed before"
    assert seen.objection("http://another") == ""
    monkeypatch.setattr(wandb_connection, "_FORGOTTEN_AFTER_SECONDS", 0.0)
    assert seen.objection("http://one") == ""


def test_server_that_takes_too_much_of_the_time_is_slow(monkeypatch):
    seen = Experience()
    seen.note_seconds(1.0)
    assert seen.objection("http://one") == ""
    seen.note_seconds(1.5)
    assert seen.objection("http://one") == "http://one is slow"
    monkeypatch.setattr(wandb_connection, "_SHARE_OF_TIME", 1e9)  # much later
    assert seen.objection("http://one") == ""


def test_outage_at_one_start_is_known_at_the_next(monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    with WandbServer() as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.url)
        wandb.teardown()
        monkeypatch.setattr(wandb_connection, "experience", Experience())
        server.is_down = True
        assert choose_mode(None) == ("offline", f"{server.url} cannot be reached")
        server.is_down = False
        assert choose_mode(None) == ("offline", f"{server.url} has failed before")
    wandb.teardown()


def test_folders_are_within_unless_the_user_has_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("WANDB_CACHE_DIR", "/elsewhere")
    with kept_within(tmp_path):
        assert os.environ["WANDB_DATA_DIR"] == str(tmp_path / "data")
        assert os.environ["WANDB_CACHE_DIR"] == "/elsewhere"
    assert "WANDB_DATA_DIR" not in os.environ
    assert os.environ["WANDB_CACHE_DIR"] == "/elsewhere"


def test_what_a_start_leaves_out_is_there_afterwards(monkeypatch):
    name = "_detect_and_apply_job_inputs"
    before = getattr(wandb.Run, name)
    with without_launch():
        assert getattr(wandb.Run, name)(None) is None
    assert getattr(wandb.Run, name) is before
    monkeypatch.delattr(wandb.Run, name)
    with without_launch():  # another version of wandb
        assert not hasattr(wandb.Run, name)


def test_errors_are_not_reported_to_anyone(monkeypatch, tmp_path):
    with kept_within(tmp_path):
        assert os.environ["WANDB_ERROR_REPORTING"] == "false"
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "true")
    with kept_within(tmp_path):
        assert os.environ["WANDB_ERROR_REPORTING"] == "true"


def test_log_that_cannot_be_written_says_nothing(capsys):
    class Full:
        def write(self, _text):
            raise OSError(28, "No space left on device")

    logger, handler = logging.getLogger("wandb"), logging.StreamHandler(Full())
    logger.addHandler(handler)
    try:
        with quiet_log():
            logger.error("dropped")
        logger.error("dropped, too")
        assert capsys.readouterr().err == ""
        assert logging.raiseExceptions
    finally:
        logger.removeHandler(handler)
