"""The TLS context that settings ask for, what is wrong with TLS to the broker, whether it speaks, and when certificates expire."""

import contextlib
import socket
import ssl
import struct
from datetime import UTC, datetime
from pathlib import Path

from agents.settings import Settings
from schemas.errors import Unavailable, WinnowError

SECONDS = 3.0


def context(settings: Settings) -> ssl.SSLContext:
    """TLS context from the files of the settings; the system's authorities when none is named. Raises WinnowError naming a bad file."""
    try:
        found = ssl.create_default_context(cafile=str(settings.tls_ca_file) if settings.tls_ca_file else None)
    except OSError as error:
        raise WinnowError(f"cannot use the authorities in {settings.tls_ca_file}: {error}", hint="Check WINNOW_TLS_CA_FILE.") from error
    if settings.tls_certificate_file:
        try:
            found.load_cert_chain(str(settings.tls_certificate_file), str(settings.tls_key_file) if settings.tls_key_file else None)
        except OSError as error:
            hint = "Check WINNOW_TLS_CERTIFICATE_FILE and WINNOW_TLS_KEY_FILE."
            raise WinnowError(f"cannot use the client certificate {settings.tls_certificate_file}: {error}", hint=hint) from error
    return found


def hosts(settings: Settings) -> list[tuple[str, int]]:
    """Host and port of each broker. Raises WinnowError when WINNOW_BROKER does not name them."""
    found = []
    for broker in settings.broker.split(","):
        host, _, port = broker.strip().rpartition(":")
        if not host or not port.isdigit():
            raise WinnowError(f"{settings.broker!r} is not host:port", hint="Check WINNOW_BROKER.")
        found.append((host.strip("[]"), int(port)))
    return found


def refused(settings: Settings) -> WinnowError | None:
    """What is wrong with TLS to the first broker that listens; None when the handshake works."""
    try:
        _peer(settings)
    except ssl.SSLCertVerificationError as error:
        return WinnowError(
            f"the certificate of the broker {settings.broker} is not accepted: {error.verify_message}",
            hint="Renew it, or check WINNOW_TLS_CA_FILE and the host names in WINNOW_BROKER.",
        )
    except TimeoutError:
        return silent(settings)
    except OSError as error:
        return WinnowError(
            f"no TLS with the broker {settings.broker}: {error.strerror or error}",
            hint="Is this its TLS port? Check WINNOW_SECURITY_PROTOCOL and the client certificate.",
        )
    return None


def is_silent(settings: Settings) -> bool:
    """Whether brokers accept connections and say nothing, not even which versions they know, which they tell everybody before they ask
    who that is. So does one that is stopped or has only just begun to start: the kernel accepts for it. One that hangs up is not silent.
    """
    question = struct.pack(">hhih", 18, 0, 1, -1)  # ApiVersions, version 0, no client id
    found = False
    for host in hosts(settings):
        try:
            with socket.create_connection(host, timeout=SECONDS) as plain:
                tls = settings.security_protocol.endswith("SSL")
                with context(settings).wrap_socket(plain, server_hostname=host[0]) if tls else plain as connection:
                    connection.sendall(struct.pack(">i", len(question)) + question)
                    connection.recv(4)
                    return False
        except TimeoutError:
            found = True
        except OSError:
            continue  # it is away, or hung up: the others may say more
    return found


def silent(settings: Settings) -> Unavailable:
    """A broker that accepts connections and says nothing."""
    return Unavailable(
        f"the broker {settings.broker} listens but does not answer", hint="Does it still start, is it stopped or overloaded? See its log."
    )


def ends(settings: Settings) -> dict[str, float]:
    """When certificates expire, Unix seconds: the broker's and, if there is one, our own. Raises WinnowError for what is not accepted."""
    if (error := refused(settings)) is not None:
        raise error
    found = {f"certificate of {settings.broker.split(',')[0]}": _not_after(_peer(settings))}
    if settings.tls_certificate_file is not None:
        found[str(settings.tls_certificate_file)] = file_ends(settings.tls_certificate_file)
    return found


def _peer(settings: Settings) -> dict[str, object]:
    host, connected = _connected(hosts(settings))
    with connected as plain, context(settings).wrap_socket(plain, server_hostname=host) as secure:
        return dict(secure.getpeercert() or {})


def _connected(found: list[tuple[str, int]]) -> tuple[str, socket.socket]:
    for host in found[:-1]:
        with contextlib.suppress(OSError):
            return host[0], socket.create_connection(host, timeout=SECONDS)
    return found[-1][0], socket.create_connection(found[-1], timeout=SECONDS)


def _not_after(fields: dict[str, object]) -> float:
    return float(ssl.cert_time_to_seconds(str(fields["notAfter"])))


def file_ends(path: Path) -> float:
    """When the first certificate of a PEM file expires, Unix seconds. Raises WinnowError when it holds none."""
    try:
        text = path.read_text()
        begin = text.index("-----BEGIN CERTIFICATE-----")
        der = ssl.PEM_cert_to_DER_cert(text[begin : text.index("-----END CERTIFICATE-----", begin) + 25] + "\n")
        (body,) = _elements(der)[:1]
        # RFC 5280, 4.1: a certificate's first part is version (tagged 0), serial, signature, issuer, validity ...
        fields = [value for tag, value in _elements(_elements(body[1])[0][1]) if tag != 0xA0]
        tag, last = _elements(fields[3])[1]
    except (OSError, ValueError, IndexError) as error:
        raise WinnowError(f"{path} is no certificate: {error}", hint="Check WINNOW_TLS_CERTIFICATE_FILE.") from error
    # UTCTime has two digits of the year and means 1950 to 2049.
    moment = datetime.strptime(last.decode(), "%y%m%d%H%M%SZ" if tag == 0x17 else "%Y%m%d%H%M%SZ")
    return moment.replace(tzinfo=UTC).timestamp()


def _elements(der: bytes) -> list[tuple[int, bytes]]:
    """The (tag, content) pairs that follow each other in DER bytes (X.690)."""
    found, at = [], 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            width = length & 0x7F
            length, at = int.from_bytes(der[at : at + width], "big"), at + width
        found.append((tag, der[at : at + length]))
        at += length
    return found
