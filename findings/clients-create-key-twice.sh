#!/usr/bin/env bash
# A credential is created twice and nobody hears of the first: three SDKs send the request that creates one again
# when its response is lost.
#
# CreateAccessKey of AWS, a token of Cloudflare and one of Databricks have a value that is shown once, and the
# request has no idempotency key. The connection ends after the service has done its work; the SDK asks again, gets
# a second credential and returns it. The first stays active, with a value that nobody has. A retry is right for
# what can be repeated, and these clients do not ask which request it is.
#
# Seen 2026-11-29 with boto3 1.44.8, cloudflare 5.9.0 and databricks-sdk 0.162.0 on Python 3.11; output at the end.
# Needs: bash, Python 3.10 or newer with venv, PyPI.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check boto3==1.44.8 botocore==1.44.8 cloudflare==5.9.0 databricks-sdk==0.162.0

cat > play.py <<'PLAY'
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
from cloudflare import Cloudflare
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config

logging.disable()
created = []
AWS = """<CreateAccessKeyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateAccessKeyResult>
<AccessKey><UserName>ci</UserName><AccessKeyId>{id}</AccessKeyId><Status>Active</Status>
<SecretAccessKey>fake</SecretAccessKey></AccessKey></CreateAccessKeyResult></CreateAccessKeyResponse>"""


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        created.append(f"key-{len(created) + 1}")
        if len(created) == 1:  # The response is lost on its way.
            self.close_connection = True
            return
        [*_, key] = created
        if self.path == "/":
            body = AWS.format(id=key)
        elif self.path.endswith("/user/tokens"):
            body = json.dumps({"success": True, "errors": [], "messages": [], "result": {"id": key, "value": "fake"}})
        else:
            body = json.dumps({"token_value": "fake", "token_info": {"token_id": key}})
        self.send_response(200)
        self.send_header("content-type", "text/xml" if body.startswith("<") else "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_GET(self):
        self.send_error(404)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"

fake = {"aws_access_key_id": "fake", "aws_secret_access_key": "fake", "region_name": "us-east-1"}
iam = boto3.client("iam", endpoint_url=address, **fake)
cloudflare = Cloudflare(api_token="fake", base_url=address)
databricks = WorkspaceClient(config=Config(host=address, token="fake"))
for name, create in {
    "boto3": lambda: iam.create_access_key(UserName="ci")["AccessKey"]["AccessKeyId"],
    "cloudflare": lambda: cloudflare.user.tokens.create(name="ci", policies=[]).id,
    "databricks-sdk": lambda: databricks.tokens.create(comment="ci").token_info.token_id,
}.items():
    created.clear()
    returned = create()
    print(f"{name}: created {' and '.join(created)}, returned {returned}")
PLAY
env -i PATH="$PATH" HOME="$work" venv/bin/python play.py | tee seen.txt

diff - seen.txt <<'SEEN'
boto3: created key-1 and key-2, returned key-2
cloudflare: created key-1 and key-2, returned key-2
databricks-sdk: created key-1 and key-2, returned key-2
SEEN
