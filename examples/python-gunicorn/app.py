from version import VERSION


def app(environ, start_response):
    body = f"{VERSION}\n".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
