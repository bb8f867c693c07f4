#!/usr/bin/env bash
# A public key that nothing can be sealed with passes every check that libsodium's wrappers make of a key.
#
# 32 zero bytes in valid base64 have the right length, and PyNaCl makes a PublicKey and a SealedBox of them.
# libsodium refuses only when something is sealed, and its wrappers cannot say why: "invalid usage" in
# JavaScript, "Unexpected library error" in Python. Who wants to know early whether a key can be used has to
# seal something.
#
# Seen 2026-11-29 with libsodium-wrappers 0.8.4 on Node.js 20.20 and PyNaCl 1.6.2 on Python 3.11; output at
# the end. Needs: bash, Node.js 20 or newer, npm and its registry, Python 3.10 or newer with venv, PyPI.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo "{}" > package.json
npm install --loglevel=error --no-update-notifier --no-audit --no-fund libsodium-wrappers@0.8.4 > /dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check PyNaCl==1.6.2

cat > play.mjs <<'PLAY'
import sodium from 'libsodium-wrappers'

await sodium.ready
const { ORIGINAL } = sodium.base64_variants
const key = sodium.from_base64(Buffer.alloc(32).toString('base64'), ORIGINAL)
console.log(`libsodium-wrappers: right length: ${key.length === sodium.crypto_box_PUBLICKEYBYTES}`)
try {
  sodium.crypto_box_seal('value', key)
} catch (error) {
  console.log(`libsodium-wrappers: sealing: ${error.message}`)
}
PLAY
cat > play.py <<'PLAY'
from nacl.encoding import Base64Encoder
from nacl.public import PublicKey, SealedBox

box = SealedBox(PublicKey("A" * 43 + "=", Base64Encoder))
print("PyNaCl: the key and the box are made")
try:
    box.encrypt(b"value")
except Exception as error:
    print(f"PyNaCl: sealing: {error}")
PLAY
{
  node play.mjs
  venv/bin/python play.py
} | tee seen.txt

diff - seen.txt <<'SEEN'
libsodium-wrappers: right length: true
libsodium-wrappers: sealing: invalid usage
PyNaCl: the key and the box are made
PyNaCl: sealing: Unexpected library error
SEEN
