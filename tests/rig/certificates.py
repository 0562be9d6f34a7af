"""A certificate authority of one test session, and the good and bad certificates it signs."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from continuitybot.clock import SystemClock

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """Signs certificates; clients trust it through `ca_file`."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def server(self, host: str, days: int = 30) -> ssl.SSLContext:
        """The context of a server that shows a certificate for `host`; negative days: expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = SystemClock().now() + days * _DAY
        san = x509.SubjectAlternativeName([x509.DNSName(host)])
        certificate = _signed(_named(host), key, self.name, self.key, until, san)
        place = self.folder / f"{host}{days}.pem"
        place.write_bytes(_pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(place)
        return context


def authority(folder: Path) -> Authority:
    """A new authority whose files lie in a folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named("The test authority")
    until = SystemClock().now() + 60 * _DAY
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    certificate = _signed(name, key, name, key, until, constraints)
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(folder, key, name)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _signed(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    until: datetime,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - 365 * _DAY)
        .not_valid_after(until)
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(issuer_key, hashes.SHA256())
    )
