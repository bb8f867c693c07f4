#!/usr/bin/env bash
# Of five clients that are told to come back in two minutes, one waits whichever way it is told; two ask again
# within seconds.
#
# Retry-After is a number of seconds or a date (RFC 9110, 10.2.3), and may come with 429 and with 503. PyGithub
# waits in all four cases. GitHubKit waits after a 429 with a number; a date it reports as a ValueError in place of
# the 429, and after a 503 it asks again. databricks-sdk waits for a number, not for a date. cloudflare and boto3
# heed neither: they come back while the service still asks to be left alone.
#
# Seen 2026-11-29 with PyGithub 2.10.0, GitHubKit 0.16.1, databricks-sdk 0.162.0, cloudflare 5.9.0 and boto3 1.44.8
# on Python 3.11; output at the end. hishel is held at a version that GitHubKit can import.
# Needs: bash, Python 3.10 or newer with venv, PyPI.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check PyGithub==2.10.0 GitHubKit==0.16.1 hishel==1.4.0 \
  databricks-sdk==0.162.0 cloudflare==5.9.0 boto3==1.44.8 botocore==1.44.8

cat > play.py <<'PLAY'
import json
import logging
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import github
import githubkit
from cloudflare import Cloudflare
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config

logging.disable()
WAIT = 120
refusal = None  # A status and a Retry-After, for one request.
USERS = """<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListUsersResult><Users/>
</ListUsersResult></ListUsersResponse>"""
THROTTLED = "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        global refusal
        self.rfile.read(int(self.headers.get("content-length") or 0))
        status, retry_after = refusal or (200, None)
        refusal = None
        if self.command == "POST":
            body = USERS if status == 200 else THROTTLED
        else:
            lists = {"result": [], "token_infos": [], "secrets": [], "total_count": 0}
            body = json.dumps({"message": "Slow down", "login": "octocat", **lists})
        self.send_response(status)
        if retry_after is not None:
            self.send_header("retry-after", retry_after)
        self.send_header("content-type", "text/xml" if body.startswith("<") else "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"

pauses = []
time.sleep = pauses.append  # Nobody here has two minutes: note how long a client means to wait.

unpaced = {"seconds_between_requests": 0, "seconds_between_writes": 0}
pygithub = github.Github(base_url=address, auth=github.Auth.Token("fake"), **unpaced)
kit = githubkit.GitHub("fake", base_url=f"{address}/")
databricks = WorkspaceClient(config=Config(host=address, token="fake"))
cloudflare = Cloudflare(api_token="fake", base_url=address)
fake = {"aws_access_key_id": "fake", "aws_secret_access_key": "fake", "region_name": "us-east-1"}
iam = boto3.client("iam", endpoint_url=address, **fake)


def play(request, status, retry_after):
    global refusal
    refusal = (status, retry_after)
    pauses.clear()
    try:
        request()
    except Exception as error:
        return type(error).__name__
    return "waits" if sum(pauses) > WAIT - 10 else "asks again" if sum(pauses) < 10 else f"{sum(pauses)} s"


for name, request in {
    "PyGithub": lambda: pygithub.get_user().login,
    "GitHubKit": lambda: kit.rest.actions.list_repo_secrets("octo-org", "app"),
    "databricks-sdk": lambda: list(databricks.tokens.list()),
    "cloudflare": lambda: cloudflare.user.tokens.list(),
    "boto3": lambda: iam.list_users(),
}.items():
    seen = []
    for status in (429, 503):
        seen.append(f"{status} seconds {play(request, status, str(WAIT))}")
        seen.append(f"{status} date {play(request, status, formatdate(time.time() + WAIT + 1, usegmt=True))}")
    print(f"{name}: {', '.join(seen)}")
PLAY
env -i PATH="$PATH" HOME="$work" venv/bin/python play.py | tee seen.txt

diff - seen.txt <<'SEEN'
PyGithub: 429 seconds waits, 429 date waits, 503 seconds waits, 503 date waits
GitHubKit: 429 seconds waits, 429 date ValueError, 503 seconds asks again, 503 date asks again
databricks-sdk: 429 seconds waits, 429 date asks again, 503 seconds waits, 503 date asks again
cloudflare: 429 seconds asks again, 429 date asks again, 503 seconds asks again, 503 date asks again
boto3: 429 seconds asks again, 429 date asks again, 503 seconds asks again, 503 date asks again
SEEN
