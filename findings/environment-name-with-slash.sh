#!/usr/bin/env bash
# Three clients cannot reach the secrets of an environment whose name has a slash, such as preview/42.
#
# GitHub wants the name percent-encoded. go-github, GitHubKit and ghapi put it into the path as it is, where
# it becomes two segments and a 404 that looks like a missing environment or permission. PyGithub encodes it.
#
# Seen 2026-11-29 with github.com/google/go-github/v89 89.0.0 (Go 1.26.8), GitHubKit 0.16.1, ghapi 2.1.4 and
# PyGithub 2.10.0 (Python 3.11); output at the end. hishel is held at a version that GitHubKit can import.
# Needs: bash, go, the Go module proxy, Python 3.10 or newer with venv, PyPI.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOPATH=$work/go GOCACHE=$work/cache GOFLAGS='-mod=mod -modcacherw'
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check GitHubKit==0.16.1 hishel==1.4.0 ghapi==2.1.4 PyGithub==2.10.0

cat > play.py <<'PLAY'
import asyncio
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import ghapi.all
import github
import githubkit

REPOSITORY = {"id": 7, "name": "app", "full_name": "octo-org/app", "owner": {"login": "octo-org"}}
client = ""


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        body = {"key_id": "1", "key": "A" * 43 + "="}
        if self.path == "/repos/octo-org/app":
            body = {**REPOSITORY, "url": f"{base}{self.path}"}
        elif self.path.endswith("/environments/preview%2F42"):
            body = {"id": 1, "name": "preview/42", "url": f"{base}{self.path}"}
        else:
            print(f"{client}: {self.path.removeprefix('/repos/octo-org/app')}", flush=True)
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
base = f"http://127.0.0.1:{server.server_port}"
threading.Thread(target=server.serve_forever, daemon=True).start()
place = ("octo-org", "app", "preview/42")

client = "go-github"
subprocess.run(["go", "run", ".", base + "/"], check=True)
client = "GitHubKit"
kit = githubkit.GitHub("fake", base_url=base + "/")
kit.rest.actions.get_environment_public_key(*place)
client = "ghapi"
api = ghapi.all.GhApi(token="fake", gh_host=base)


async def ask_ghapi():
    await api.actions.get_environment_public_key(*place)


asyncio.run(ask_ghapi())
client = "PyGithub"
app = github.Github(base_url=base, auth=github.Auth.Token("fake")).get_repo("octo-org/app")
app.get_environment("preview/42").get_public_key()
PLAY
cat > main.go <<'PLAY'
package main

import (
	"context"
	"os"

	"github.com/google/go-github/v89/github"
)

func main() {
	client, err := github.NewClient(github.WithURLs(&os.Args[1], nil))
	if err == nil {
		_, _, err = client.Actions.GetEnvPublicKey(context.Background(), "octo-org", "app", "preview/42")
	}
	if err != nil {
		panic(err)
	}
}
PLAY
go mod init play 2> /dev/null
go get github.com/google/go-github/v89@v89.0.0 2> /dev/null
venv/bin/python play.py | tee seen.txt

diff - seen.txt <<'SEEN'
go-github: /environments/preview/42/secrets/public-key
GitHubKit: /environments/preview/42/secrets/public-key
ghapi: /environments/preview/42/secrets/public-key
PyGithub: /environments/preview%2F42/secrets/public-key
SEEN
