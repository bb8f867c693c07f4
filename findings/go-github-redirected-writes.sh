#!/usr/bin/env bash
# go-github reports success for a secret that it neither wrote nor deleted, when the repository has moved.
#
# GitHub answers 301 for a repository that was renamed. net/http turns a redirected PUT or DELETE into a
# GET without a body (Go's documented rule for 301), the GET of the secret answers 200, and go-github
# takes that for the response to the write: no error.
#
# Seen 2026-11-29 with github.com/google/go-github/v89 89.0.0 and Go 1.26.8; output at the end.
# Needs: bash, go, the Go module proxy.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOPATH=$work/go GOCACHE=$work/cache GOFLAGS='-mod=mod -modcacherw'

cat > main.go <<'PLAY'
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/google/go-github/v89/github"
)

func main() {
	const old, moved = "/repos/octo-org/old/actions/secrets/TOKEN", "/repositories/7/actions/secrets/TOKEN"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Printf("  %s %s with %d bytes\n", r.Method, r.URL.Path, r.ContentLength)
		if r.URL.Path == old {
			w.Header().Set("Location", moved)
			w.WriteHeader(http.StatusMovedPermanently)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"name":"TOKEN"}`)
	}))
	defer server.Close()
	url := server.URL + "/"
	client, err := github.NewClient(github.WithURLs(&url, nil))
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	secret := github.SecretRequest{KeyID: "1", EncryptedValue: "c2VhbGVk"}

	response, err := client.Actions.CreateOrUpdateRepoSecret(ctx, "octo-org", "old", "TOKEN", secret)
	fmt.Printf("write: status %d, error %v\n", response.StatusCode, err)
	response, err = client.Actions.DeleteRepoSecret(ctx, "octo-org", "old", "TOKEN")
	fmt.Printf("delete: status %d, error %v\n", response.StatusCode, err)
}
PLAY

go mod init play 2> /dev/null
go get github.com/google/go-github/v89@v89.0.0 2> /dev/null
go run . | tee seen.txt

diff - seen.txt <<'SEEN'
  PUT /repos/octo-org/old/actions/secrets/TOKEN with 44 bytes
  GET /repositories/7/actions/secrets/TOKEN with 0 bytes
write: status 200, error <nil>
  DELETE /repos/octo-org/old/actions/secrets/TOKEN with 0 bytes
  GET /repositories/7/actions/secrets/TOKEN with 0 bytes
delete: status 200, error <nil>
SEEN
