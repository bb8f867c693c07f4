#!/usr/bin/env bash
# PyGithub opens an organization's secret to every repository when it writes a new value.
#
# Organization.create_secret is also how a value is updated. Its parameter `visibility` has a default, "all",
# which is sent with every write: a secret that was `selected` for two repositories becomes readable in all of
# them, and the rotation that did it looks the same as before.
#
# Seen 2026-11-29 with PyGithub 2.10.0 on Python 3.11; output at the end.
# Needs: bash, Python 3.10 or newer with venv, PyPI.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check PyGithub==2.10.0

cat > play.py <<'PLAY'
import json
import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from github import Auth, Github
from nacl.public import PrivateKey

PUBLIC_KEY = b64encode(bytes(PrivateKey.generate().public_key)).decode()
secret = {"name": "TOKEN", "visibility": "selected"}


class Organization(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/orgs/octo-org":
            self.respond(200, {"login": "octo-org", "url": f"{base}/orgs/octo-org"})
        else:
            self.respond(200, {"key_id": "1", "key": PUBLIC_KEY})

    def do_PUT(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        secret["visibility"] = body["visibility"]
        self.respond(204, None)

    def respond(self, status, body):
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Organization)
base = f"http://127.0.0.1:{server.server_port}"
threading.Thread(target=server.serve_forever, daemon=True).start()
print("before:", secret)
client = Github(base_url=base, auth=Auth.Token("fake"))
client.get_organization("octo-org").create_secret("TOKEN", "new value")
print("after: ", secret)
PLAY
venv/bin/python play.py | tee seen.txt

diff - seen.txt <<'SEEN'
before: {'name': 'TOKEN', 'visibility': 'selected'}
after:  {'name': 'TOKEN', 'visibility': 'all'}
SEEN
