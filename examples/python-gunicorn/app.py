import os

from version import VERSION

RELEASE = os.path.basename(os.path.dirname(os.path.realpath(__file__)))


def app(environ, start_response):
    body = f"{VERSION}\n".encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), ("X-Release", RELEASE)]
    start_response("200 OK", headers)
    return [body]
