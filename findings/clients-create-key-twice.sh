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
source "$(dirname "$0")/play.sh"
from_pypi boto3==1.44.8 botocore==1.44.8 cloudflare==5.9.0 databricks-sdk==0.162.0

cat > play.py <<'PLAY'
import logging

import boto3
from cloudflare import Cloudflare
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from stand_in import serve

logging.disable()
created = []
AWS = """<CreateAccessKeyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateAccessKeyResult>
<AccessKey><UserName>ci</UserName><AccessKeyId>{id}</AccessKeyId><Status>Active</Status>
<SecretAccessKey>fake</SecretAccessKey></AccessKey></CreateAccessKeyResult></CreateAccessKeyResponse>"""


def respond(method, path, body):
    if method == "GET":
        return 404, {}
    created.append(f"key-{len(created) + 1}")
    if len(created) == 1:  # The response is lost on its way.
        return None
    [*_, key] = created
    if path == "/":
        return 200, AWS.format(id=key)
    if path.endswith("/user/tokens"):
        return 200, {"success": True, "errors": [], "messages": [], "result": {"id": key, "value": "fake"}}
    return 200, {"token_value": "fake", "token_info": {"token_id": key}}


address = serve(respond)

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
env -i PATH="$PATH" HOME="$work" PYTHONPATH="$PYTHONPATH" venv/bin/python play.py | tee seen.txt

diff - seen.txt <<'SEEN'
boto3: created key-1 and key-2, returned key-2
cloudflare: created key-1 and key-2, returned key-2
databricks-sdk: created key-1 and key-2, returned key-2
SEEN
