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
source "$(dirname "$0")/play.sh"
from_pypi PyGithub==2.10.0 GitHubKit==0.16.1 hishel==1.4.0 \
  databricks-sdk==0.162.0 cloudflare==5.9.0 boto3==1.44.8 botocore==1.44.8

cat > play.py <<'PLAY'
import logging
import time
from email.utils import formatdate

import boto3
import github
import githubkit
from cloudflare import Cloudflare
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from stand_in import serve

logging.disable()
WAIT = 120
refusal = None  # A status and a Retry-After, for one request.
USERS = """<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListUsersResult><Users/>
</ListUsersResult></ListUsersResponse>"""
THROTTLED = "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"


def respond(method, path, body):
    global refusal
    status, retry_after = refusal or (200, None)
    refusal = None
    headers = {} if retry_after is None else {"retry-after": retry_after}
    if method == "POST":
        return status, USERS if status == 200 else THROTTLED, headers
    lists = {"result": [], "token_infos": [], "secrets": [], "total_count": 0}
    return status, {"message": "Slow down", "login": "octocat", **lists}, headers


address = serve(respond)

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
env -i PATH="$PATH" HOME="$work" PYTHONPATH="$PYTHONPATH" venv/bin/python play.py | tee seen.txt

diff - seen.txt <<'SEEN'
PyGithub: 429 seconds waits, 429 date waits, 503 seconds waits, 503 date waits
GitHubKit: 429 seconds waits, 429 date ValueError, 503 seconds asks again, 503 date asks again
databricks-sdk: 429 seconds waits, 429 date asks again, 503 seconds waits, 503 date asks again
cloudflare: 429 seconds asks again, 429 date asks again, 503 seconds asks again, 503 date asks again
boto3: 429 seconds asks again, 429 date asks again, 503 seconds asks again, 503 date asks again
SEEN
