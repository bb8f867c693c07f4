import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def serve(respond):
    """Start a stand-in for a service on loopback, and return its address.

    respond(method, path, body) returns a status, a body (a text is sent as it is, and none for None), and headers if
    there are any. None in place of all that ends the connection.
    """

    class Service(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            received = self.rfile.read(int(self.headers.get("content-length") or 0))
            response = respond(self.command, self.path, received)
            if response is None:
                self.close_connection = True
                return
            status, body, *headers = response
            text = body if isinstance(body, str) else json.dumps(body)
            content = b"" if body is None else text.encode()
            self.send_response(status)
            self.send_header("content-type", "text/xml" if text.startswith("<") else "application/json")
            self.send_header("content-length", str(len(content)))
            for name, value in dict(*headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
