"""What the tests of data share: a server that misbehaves, and CIFAR-10 unpacked."""

import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nonvacuous.data._files import cache_dir


class Handler(BaseHTTPRequestHandler):
    """Serves what the server holds, and misbehaves by the path's first folder."""

    def do_GET(self):
        _, how, name = self.path.split("/")
        self.server.asked.append(name)
        data = self.server.holds.get(name, bytes(range(256)) * 1024)
        if how == "missing":
            self.send_error(404)
            return
        sent = {"short": data[:-1], "wrong": bytes(len(data))}.get(how, data)
        self.send_response(200)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent[: len(sent) // 2] if how == "interrupted" else sent)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("NONVACUOUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("NONVACUOUS_DATA", raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.holds = [], {}
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def cifar10_dir(tmp_path_factory):
    """A data folder that holds CIFAR-10, unpacked where it is kept as sheets."""
    root = Path(os.environ.get("NONVACUOUS_DATA") or cache_dir())
    folder = root / "cifar10"
    names = ("cifar-10-batches-bin", "cifar-10-binary.tar.gz")
    if any((folder / name).exists() for name in names):
        yield root
    elif (unpack := folder / "unpack.py").is_file():
        made = tmp_path_factory.mktemp("data")
        command = [sys.executable, unpack, made / "cifar10"]
        subprocess.run(command, check=True, capture_output=True)
        yield made
        shutil.rmtree(made)  # 184 MB
    else:
        pytest.skip(
            "needs cifar10: `nonvacuous train --data cifar10 --out net.safetensors`"
            " downloads it, or set NONVACUOUS_DATA to a folder that holds it"
        )
