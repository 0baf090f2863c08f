"""A server that speaks the few calls wandb makes, on this machine, and keeps what arrives."""

import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

KEY = "0123456789abcdef" * 2 + "deadbeef"
"""A key of the right length, to be looked for where it must not be."""


class TrackedBucket:
    """What has arrived of one run.

    Attributes:
        fields: what the run says of itself: groupName, jobType, displayName and so on.
        config: the recipe as wandb stores it.
        rows: the rows of its history, as wandb has merged them.
        summary: its summary.
        files: its other files by name.
        artifacts: what it made, by name: kind, aliases, metadata and files.
        used: what it has made use of, likewise.
        exit_code: how it ended; None while it has not.
    """

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.config: dict[str, Any] = {}
        self.rows: list[dict[str, Any]] = []
        self.summary: dict[str, Any] = {}
        self.files: dict[str, bytes] = {}
        self.artifacts: dict[str, dict[str, Any]] = {}
        self.used: dict[str, dict[str, Any]] = {}
        self.exit_code: int | None = None

    def values_of(self, name: str) -> list[Any]:
        """The values of one number, in the order of their steps."""
        return [row[name] for row in self.rows if name in row]


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing: clients hang up when they like."""


class WandbServer:
    """The server, up from the beginning of the block to its end.

    Attributes:
        url: its address.
        runs: what has arrived, by the id of the run.
        is_down: whether it refuses every call, as in an outage.
        num_refused: how many calls it has refused.
        unknown: queries that it had no answer to.
    """

    def __init__(self) -> None:
        self.runs: dict[str, TrackedBucket] = defaultdict(TrackedBucket)
        self.is_down = False
        self.num_refused = 0
        self.unknown: list[str] = []
        self._artifacts: dict[str, tuple[str, str, dict[str, Any]]] = {}
        self._lock = threading.Lock()
        viewer = {"id": "me", "username": "me", "entity": "me", "flags": "{}", "teams": None}
        self._responses: dict[str, Callable[[dict[str, Any]], Any]] = {
            "upsertBucket": self._upsert_bucket,
            "createArtifactManifest": self._create_manifest,
            "updateArtifactManifest": self._create_manifest,
            "createArtifactFiles": self._create_artifact_files,
            "createArtifact": self._create_artifact,
            "commitArtifact": lambda given: {
                "artifact": {"id": given["artifactID"], "digest": "0"}
            },
            "createRunFiles": self._create_run_files,
            "useArtifact": self._use_artifact,
            "serverInfo": lambda _: {"features": []},
            "viewer": lambda _: viewer,
            "model": self._resume_status,
            "project": lambda _: {"artifact": None},
            "entity": lambda _: {"organization": None},
        }
        self._http = _QuietServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """What leads wandb here, and nowhere else."""
        return {"WANDB_BASE_URL": self.url, "WANDB_API_KEY": KEY, "WANDB_ERROR_REPORTING": "false"}

    def run_of(self, kind: str) -> TrackedBucket:
        """The only run of a kind, such as `fold`."""
        (run,) = self.runs_of(kind)
        return run

    def runs_of(self, kind: str) -> list[TrackedBucket]:
        """The runs of a kind, by their names."""
        found = [run for run in self.runs.values() if run.fields.get("jobType") == kind]
        return sorted(found, key=lambda run: run.fields["displayName"])

    def answer(self, path: str, body: bytes) -> dict[str, Any] | None:
        """Take a call in, and answer it; None is a refusal."""
        with self._lock:
            if self.is_down:
                self.num_refused += 1
                return None
            if path == "/graphql":
                return {"data": self._query(json.loads(body))}
            if found := re.fullmatch(r"/files/[^/]+/[^/]+/([^/]+)/file_stream", path):
                return self._stream(found[1], json.loads(body))
            if found := re.fullmatch(r"/upload/([^/]*)/(.+)", path):
                self._upload(found[1], found[2], body)
            return {}

    def _upload(self, run: str, name: str, body: bytes) -> None:
        if run:
            self.runs[run].files[name] = body

    def _query(self, call: dict[str, Any]) -> dict[str, Any]:
        query, given = call["query"], call.get("variables") or {}
        for name, respond in self._responses.items():
            if f"{name}(" in query or f"{name} {{" in query:
                return {name: respond(given)}
        self.unknown.append(" ".join(query.split()) + json.dumps(given)[:500])
        return {}

    def _upsert_bucket(self, given: dict[str, Any]) -> dict[str, Any]:
        run = self.runs[given["name"]]
        is_new = not run.fields
        run.fields |= {name: value for name, value in given.items() if value is not None}
        if given.get("config"):
            run.config = {n: v["value"] for n, v in json.loads(given["config"]).items()}
        project = {"id": "p", "name": given["project"], "entity": {"id": "e", "name": "me"}}
        bucket = {
            "id": f"bucket-{given['name']}",
            "name": given["name"],
            "displayName": run.fields.get("displayName", given["name"]),
            "description": "",
            "config": given.get("config") or "{}",
            "sweepName": None,
            "project": project,
            "historyLineCount": len(run.rows),
        }
        return {"bucket": bucket, "inserted": is_new}

    def _resume_status(self, given: dict[str, Any]) -> dict[str, Any]:
        model = {"id": "p", "name": given["project"], "entity": {"id": "e", "name": "me"}}
        run = self.runs.get(given["name"])
        if run is None or not run.rows:
            return model | {"bucket": None}
        bucket = {
            "id": f"bucket-{given['name']}",
            "name": given["name"],
            "displayName": run.fields["displayName"],
            "summaryMetrics": json.dumps(run.summary),
            "historyTail": json.dumps([json.dumps(run.rows[-1])]),
            "eventsTail": json.dumps(["{}"]),
            "historyLineCount": len(run.rows),
            "eventsLineCount": 0,
            "logLineCount": 0,
            "config": run.fields["config"],
            "tags": [],
            "notes": "",
            "wandbConfig": json.dumps({"t": 1}),
        }
        return model | {"bucket": bucket}

    def _stream(self, identifier: str, sent: dict[str, Any]) -> dict[str, Any]:
        run = self.runs[identifier]
        for name, chunk in sent.get("files", {}).items():
            lines = [json.loads(line) for line in chunk["content"]]
            if name == "wandb-history.jsonl":
                run.rows[chunk["offset"] :] = lines
            elif name == "wandb-summary.json" and lines:
                run.summary = lines[-1]
        if sent.get("complete"):
            run.exit_code = sent.get("exitcode")
        return {}

    def _create_artifact(self, variables: dict[str, Any]) -> dict[str, Any]:
        given = variables["input"]
        name = given["artifactCollectionName"]
        artifact = {
            "kind": given["artifactTypeName"],
            "aliases": [each["alias"] for each in given["aliases"] or ()],
            "metadata": json.loads(given.get("metadata") or "{}"),
            "files": [],
        }
        identifier = f"artifact-{len(self._artifacts)}"
        self._artifacts[identifier] = (given["runName"] or "", name, artifact)
        if given["runName"]:
            self.runs[given["runName"]].artifacts[name] = artifact
        sequence = {"latestArtifact": None}
        return {"artifact": {"id": identifier, "state": "PENDING", "artifactSequence": sequence}}

    def _create_manifest(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"artifactManifest": self._manifest(given.get("input", given))}

    def _manifest(self, given: dict[str, Any]) -> dict[str, Any]:
        identifier = given.get("artifactID") or "unknown"
        run, name, _ = self._artifacts.get(identifier, ("", identifier, {}))
        url = f"{self.url}/upload/{run}/manifest-{name}.json"
        file = {"id": "f", "name": "m", "displayName": "m", "uploadUrl": url, "uploadHeaders": []}
        return {"id": f"manifest-{identifier}", "file": file}

    def _create_artifact_files(self, given: dict[str, Any]) -> dict[str, Any]:
        specs = given.get("artifactFiles") or given["input"]["artifactFiles"]
        edges = []
        for spec in specs:
            run, name, artifact = self._artifacts[spec["artifactID"]]
            artifact["files"].append(spec["name"])
            url = f"{self.url}/upload/{run}/{name}/{spec['name']}"
            node = {"id": "f", "name": spec["name"], "displayName": spec["name"]}
            node |= {"uploadUrl": url, "uploadHeaders": [], "artifact": {"id": spec["artifactID"]}}
            edges.append({"node": node})
        return {"files": {"edges": edges}}

    def _use_artifact(self, variables: dict[str, Any]) -> dict[str, Any]:
        given = variables["input"]
        _, name, artifact = self._artifacts[given["artifactID"]]
        self.runs[given["runName"]].used[name] = artifact
        return {"artifact": {"id": given["artifactID"]}}

    def _create_run_files(self, given: dict[str, Any]) -> dict[str, Any]:
        run = given.get("run") or given.get("name")
        files = [
            {"name": name, "uploadUrl": f"{self.url}/upload/{run}/{name}"}
            for name in given["files"]
        ]
        return {"runID": run, "uploadHeaders": [], "files": files}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Stay silent."""

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = server.answer(self.path, body)
                data = json.dumps(answer or {}).encode()
                self.send_response(503 if answer is None else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_HEAD = _serve  # noqa: N815

        return Handler
