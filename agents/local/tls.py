"""A certificate authority of one's own in a folder, with the openssl command: for the local Kafka and for trying TLS out, nothing else."""

import shutil
import subprocess
from pathlib import Path

from schemas.errors import WinnowError

_SUBJECT = "subjectAltName=IP:127.0.0.1,DNS:localhost\n"


class Authority:
    """Issues certificates for loopback. `ca_file` is what clients trust."""

    def __init__(self, folder: Path) -> None:
        """Make the authority unless the folder holds one. Raises WinnowError without openssl."""
        self.folder = folder
        self.ca_file = folder / "ca.pem"
        self._key = folder / "ca.key"
        folder.mkdir(parents=True, exist_ok=True)
        if not self.ca_file.exists():
            _openssl(
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(self._key), "-out", str(self.ca_file), "-days", "365",
                "-subj", "/CN=winnow local authority", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign",
            )  # fmt: skip

    def issue(self, name: str, *, days: int = 90) -> Path:
        """A PEM file with key, certificate and authority for 127.0.0.1 and localhost; negative ``days``: already expired."""
        key, request, certificate = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "crt"))
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(request), "-subj", f"/CN={name}")
        extension = self.folder / "loopback.ext"
        extension.write_text(_SUBJECT)
        _openssl(
            "x509", "-req", "-in", str(request), "-CA", str(self.ca_file), "-CAkey", str(self._key), "-CAcreateserial",
            "-days", str(days), "-extfile", str(extension), "-out", str(certificate),
        )  # fmt: skip
        whole = self.folder / f"{name}.pem"
        whole.touch(0o600)
        whole.write_text(key.read_text() + certificate.read_text() + self.ca_file.read_text())
        return whole


def _openssl(*arguments: str) -> None:
    command = shutil.which("openssl")
    if command is None:
        raise WinnowError("openssl not found", hint="Install it (Debian: openssl) to try TLS locally.")
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)  # noqa: S603  # fixed words
    if done.returncode:
        raise WinnowError(f"openssl {arguments[0]} failed: {done.stderr.strip().splitlines()[-1]}")
