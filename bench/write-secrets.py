# What a workflow's author might write in place of the action's secrets: read each public key, seal, write.
import base64, http.client, json, os, urllib.parse
from nacl.public import PublicKey, SealedBox

base = urllib.parse.urlsplit(os.environ["GITHUB_URL"])
secure = base.scheme == "https"
connection = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(base.netloc)
headers = {"Authorization": "Bearer " + os.environ["GITHUB_TOKEN"], "Content-Type": "application/json"}


def call(method, path, body=None):
    connection.request(method, base.path + path, body, headers)
    response = connection.getresponse()
    data = response.read()
    if response.status >= 300:
        raise SystemExit(f"{method} {path}: {response.status}")
    return json.loads(data)


for index in range(int(os.environ["TARGETS"])):
    secrets = f"/repos/octo-org/example/environments/preview-{index}/secrets"
    key = call("GET", secrets + "/public-key")
    box = SealedBox(PublicKey(base64.b64decode(key["key"])))
    sealed = base64.b64encode(box.encrypt(b"mg_bench_this-is-not-a-real-key")).decode()
    call("PUT", secrets + "/JUNCTION_KEY", json.dumps({"encrypted_value": sealed, "key_id": key["key_id"]}))
