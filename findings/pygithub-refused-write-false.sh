#!/usr/bin/env bash
# PyGithub reports a refused write of an organization's secret as `False`, and raises for the same refusal elsewhere.
#
# OrganizationSecret.edit and Repository.delete_secret return whether the status was the right one: False for an
# expired token, a missing permission, a missing secret and a refused value. Organization.create_secret, with the
# same request and the same response, raises. A rotation that edits, and looks for an exception, goes on to revoke
# the old key, which the secret still contains.
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

PUBLIC_KEY = {"key_id": "1", "key": b64encode(bytes(PrivateKey.generate().public_key)).decode()}
MESSAGES = {401: "Bad credentials", 403: "Resource not accessible by integration", 404: "Not Found"}
SECRET = {"name": "KEY", "visibility": "private", "updated_at": "2026-11-01T00:00:00Z"}
status = 200


class GitHub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = f"http://127.0.0.1:{self.server.server_port}{self.path}"
        self.answer(200, PUBLIC_KEY if self.path.endswith("/public-key") else {**SECRET, "url": url})

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.answer(status, {"message": MESSAGES.get(status, "Validation Failed")})

    do_DELETE = do_PUT

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), GitHub)
threading.Thread(target=server.serve_forever, daemon=True).start()
github = Github(
    base_url=f"http://127.0.0.1:{server.server_port}",
    auth=Auth.Token("fake"),
    retry=None,
    seconds_between_requests=0,
    seconds_between_writes=0,
)
organization = github.get_organization("octo-org")
repository = github.get_repo("octo-org/app")
secret = organization.get_secret("KEY")


def play(write):
    try:
        return str(write())
    except Exception as error:
        return f"raises {type(error).__name__}"


for status in (401, 403, 404, 422):
    print(f"{status}: OrganizationSecret.edit {play(lambda: secret.edit('fake', 'private'))},", end=" ")
    print(f"Repository.delete_secret {play(lambda: repository.delete_secret('KEY'))},", end=" ")
    print(f"Organization.create_secret {play(lambda: organization.create_secret('KEY', 'fake', 'private'))}")
PLAY
venv/bin/python play.py | tee seen.txt

diff - seen.txt <<'SEEN'
401: OrganizationSecret.edit False, Repository.delete_secret False, Organization.create_secret raises BadCredentialsException
403: OrganizationSecret.edit False, Repository.delete_secret False, Organization.create_secret raises GithubException
404: OrganizationSecret.edit False, Repository.delete_secret False, Organization.create_secret raises UnknownObjectException
422: OrganizationSecret.edit False, Repository.delete_secret False, Organization.create_secret raises GithubException
SEEN
