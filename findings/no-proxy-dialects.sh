#!/usr/bin/env bash
# One no_proxy, three clients of one job, three results: a wildcard, a range, a port and a leading dot each
# mean something else to one of them.
#
# Each line is an entry of no_proxy, a URL, and how it is reached by the toolkit of JavaScript actions, by
# requests and by Go's HTTP client. Safe is only the plain name of a host or of its domain; with a final dot
# it matches in none of them.
#
# Seen 2026-11-29 with @actions/http-client 4.0.1 (Node.js 20.20), requests 2.34.2 (Python 3.11) and
# golang.org/x/net 0.62.0 (Go 1.26.8); output at the end.
# Needs: bash, Node.js 20 or newer, npm, Python 3.10 or newer with venv, PyPI, go, the Go module proxy.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOPATH=$work/go GOCACHE=$work/cache GOFLAGS='-mod=mod -modcacherw'
echo "{}" > package.json
npm install --loglevel=error --no-update-notifier --no-audit --no-fund @actions/http-client@4.0.1 > /dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2

cat > entries.txt <<'ENTRIES'
api.corp.test https://api.corp.test/
corp.test https://api.corp.test/
.corp.test https://api.corp.test/
.corp.test https://corp.test/
*.corp.test https://api.corp.test/
api.corp.test. https://api.corp.test/
api.corp.test:443 https://api.corp.test/
10.0.0.0/8 https://10.1.2.3/
ENTRIES
cat > toolkit.mjs <<'PLAY'
import { readFileSync } from 'node:fs'
import { checkBypass } from '@actions/http-client/lib/proxy'

for (const line of readFileSync('entries.txt', 'utf8').trim().split('\n')) {
  const [entry, url] = line.split(' ')
  process.env.no_proxy = entry
  console.log(checkBypass(new URL(url)) ? 'directly' : 'proxy')
}
PLAY
cat > requests_play.py <<'PLAY'
from requests.utils import should_bypass_proxies

for line in open("entries.txt"):
    entry, url = line.split()
    print("directly" if should_bypass_proxies(url, entry) else "proxy")
PLAY
cat > main.go <<'PLAY'
package main

import (
	"bufio"
	"fmt"
	"net/url"
	"os"

	"golang.org/x/net/http/httpproxy"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var entry, address string
		fmt.Sscan(lines.Text(), &entry, &address)
		to, _ := url.Parse(address)
		config := httpproxy.Config{HTTPSProxy: "http://proxy.corp.test:3128", NoProxy: entry}
		proxy, err := config.ProxyFunc()(to)
		if err != nil {
			panic(err)
		}
		fmt.Println(map[bool]string{true: "directly", false: "proxy"}[proxy == nil])
	}
}
PLAY
go mod init play 2> /dev/null
go get golang.org/x/net@v0.62.0 2> /dev/null
paste -d ' ' entries.txt <(node toolkit.mjs) <(venv/bin/python requests_play.py) <(go run . < entries.txt) |
  awk '{ printf "%-18s%-24stoolkit %-9s requests %-9s Go %s\n", $1, $2, $3, $4, $5 }' | tee seen.txt

diff - seen.txt <<'SEEN'
api.corp.test     https://api.corp.test/  toolkit directly  requests directly  Go directly
corp.test         https://api.corp.test/  toolkit directly  requests directly  Go directly
.corp.test        https://api.corp.test/  toolkit directly  requests directly  Go directly
.corp.test        https://corp.test/      toolkit proxy     requests directly  Go proxy
*.corp.test       https://api.corp.test/  toolkit proxy     requests proxy     Go directly
api.corp.test.    https://api.corp.test/  toolkit proxy     requests proxy     Go proxy
api.corp.test:443 https://api.corp.test/  toolkit directly  requests proxy     Go directly
10.0.0.0/8        https://10.1.2.3/       toolkit proxy     requests directly  Go directly
SEEN
