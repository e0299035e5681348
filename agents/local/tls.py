"""A certificate authority of one's own in a folder: for the local Kafka and for trying TLS out, nothing else. Needs the extra `dev`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

try:
    import trustme
    from cryptography.hazmat.primitives import serialization
except ImportError:  # only whoever tries TLS out on loopback needs it
    trustme = None

from schemas.errors import WinnowError

NAMES = ("127.0.0.1", "localhost")


class Authority:
    """Issues certificates for loopback. `ca_file` is what clients trust."""

    def __init__(self, folder: Path) -> None:
        """Make the authority unless the folder holds one. Raises WinnowError without trustme."""
        if trustme is None:
            raise WinnowError("trustme is not installed", hint="pip install 'winnow-pipeline[dev]', to try TLS out locally.")
        self.folder = folder
        self.ca_file = folder / "ca.pem"
        folder.mkdir(parents=True, exist_ok=True)
        key = folder / "ca.key"
        if self.ca_file.exists():
            self._authority = trustme.CA.from_pem(self.ca_file.read_bytes(), key.read_bytes())
        else:
            self._authority = trustme.CA()
            _write_secret(key, self._authority.private_key_pem.bytes())
            self._authority.cert_pem.write_to_path(self.ca_file)

    def issue(self, name: str, *, days: int = 90) -> Path:
        """A PEM file with key, certificate and authority for 127.0.0.1 and localhost; negative ``days``: already expired."""
        issued = self._authority.issue_cert(*NAMES, common_name=name, not_after=datetime.now(UTC) + timedelta(days=days))
        (self.folder / f"{name}.crt").write_bytes(issued.cert_chain_pems[0].bytes())
        # Kafka reads keys as PKCS 8 only.
        key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), password=None).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        whole = self.folder / f"{name}.pem"
        _write_secret(whole, key + issued.cert_chain_pems[0].bytes() + self.ca_file.read_bytes())
        return whole


def _write_secret(path: Path, content: bytes) -> None:
    path.touch(0o600)
    path.write_bytes(content)
