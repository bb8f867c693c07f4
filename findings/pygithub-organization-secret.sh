#!/usr/bin/env bash
# PyGithub opens an organization's secret to every repository when it writes a new value.
#
# Organization.create_secret is also how a value is updated. Its parameter `visibility` has a default, "all",
# which is sent with every write: a secret that was `selected` for two repositories becomes readable in all of
# them, and the rotation that did it looks the same as before.
#
# Seen 2026-11-29 with PyGithub 2.10.0 on Python 3.11; output at the end.
# Needs: bash, Python 3.10 or newer with venv, PyPI.
source "$(dirname "$0")/play.sh"
from_pypi PyGithub==2.10.0

cat > play.py <<'PLAY'
import json
from base64 import b64encode

from github import Auth, Github
from nacl.public import PrivateKey
from stand_in import serve

PUBLIC_KEY = b64encode(bytes(PrivateKey.generate().public_key)).decode()
secret = {"name": "TOKEN", "visibility": "selected"}


def respond(method, path, body):
    if method == "PUT":
        secret["visibility"] = json.loads(body)["visibility"]
        return 204, None
    if path == "/orgs/octo-org":
        return 200, {"login": "octo-org", "url": f"{base}{path}"}
    return 200, {"key_id": "1", "key": PUBLIC_KEY}


base = serve(respond)
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
