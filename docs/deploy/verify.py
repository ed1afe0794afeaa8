#!/usr/bin/env python3
"""Checks webhooks of earshot (Standard Webhooks 1.0). Needs Python 3.9 or later, and nothing else.

As a module: copy this file beside yours, and before you read a body
    verify(secret, headers, body)
As a program, a receiver to try things with, which prints what was signed rightly:
    verify.py --secret-file hook.secret --listen 127.0.0.1:8000
"""
import argparse
import base64
import binascii
import hashlib
import hmac
import http.server
import json
import sys
import time

TOLERANCE = 5 * 60  # seconds that a timestamp may be off


class Refused(Exception):
    """The webhook is not to be trusted; the text says why."""


def verify(secret, headers, body, now=None):
    """Returns the webhook-id, or raises Refused.

    secret is whsec_..., or a list of them while one is being changed; headers
    are the request's, in any case; body are the bytes as they came. An id that
    was handled before is for you to notice: keep them for a week.
    """
    lower = {str(name).lower(): value for name, value in headers.items()}
    try:
        msg_id, stamp, signatures = (lower["webhook-" + name] for name in ("id", "timestamp", "signature"))
        seconds = int(stamp)
    except (KeyError, ValueError):
        raise Refused("a header is missing or cannot be read") from None
    if abs((time.time() if now is None else now) - seconds) > TOLERANCE:
        raise Refused("the timestamp is more than five minutes off")
    given = [s.encode() for s in signatures.split()[:16]]
    for one in [secret] if isinstance(secret, str) else secret:
        try:
            key = base64.b64decode(one.strip().removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise ValueError("the secret is not whsec_ and base64") from None
        mac = hmac.new(key, f"{msg_id}.{stamp}.".encode() + body, hashlib.sha256)
        want = b"v1," + base64.b64encode(mac.digest())
        if any([hmac.compare_digest(want, s) for s in given]):
            return msg_id
    raise Refused("no signature fits")


class Receiver(http.server.BaseHTTPRequestHandler):
    secrets, seen = [], set()

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("content-length") or 0), 1 << 20))
        try:
            msg_id = verify(self.secrets, self.headers, body)
        except Refused as why:
            self.send_error(401, str(why))
            return
        if msg_id not in self.seen:  # it may come again: once is enough
            self.seen.add(msg_id)
            notice = json.loads(body)
            print(msg_id, notice["type"], notice["data"]["reason"], flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, form, *args):
        print(form % args, file=sys.stderr)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--secret-file", action="append", required=True, help="file with whsec_...; twice while it is being changed")
    args.add_argument("--listen", default="127.0.0.1:8000")
    args = args.parse_args()
    for name in args.secret_file:
        with open(name, encoding="ascii") as f:
            Receiver.secrets.append(f.read().strip())
    host, _, port = args.listen.rpartition(":")
    http.server.ThreadingHTTPServer((host, int(port)), Receiver).serve_forever()


if __name__ == "__main__":
    main()
