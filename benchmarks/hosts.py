"""Hosts in network namespaces of their own, on one switch: their own address, name and folder; cut off by ``ip link``.

Everything is in namespaces of the benchmark alone (processes, mounts, network), so nothing of it outlives the
benchmark, however that ends. Needs root, util-linux's ``unshare`` and iproute2's ``ip``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

INSIDE = "REFDATA_BENCHMARK_INSIDE"
OUTSIDE = "outside"
"""Name of the namespace with the machine's own network."""
SUBNET = "10.77.0"
SWITCH = f"{SUBNET}.254"
"""The switch's own address, which the benchmark has."""
_ALONE = f"""
mkdir -p /run/netns && mount -t tmpfs hosts /run/netns && : >/run/netns/{OUTSIDE} &&
mount --bind /proc/self/ns/net /run/netns/{OUTSIDE} && unshare --net "$@"
exit $?
"""
_ON_HOST = 'hostname "$0" && mount --bind "$1" "$2" && shift 2 && exec "$@"'


def alone(module: str, arguments: Sequence[str]) -> int | None:
    """Runs this module in namespaces of its own and returns its exit code; None where it is in them already."""
    if INSIDE in os.environ:
        return None
    flags = ("--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc")
    # unshare lets SIGTERM pass, and everything ends with it: so it has to end with this process.
    mortal = ["setpriv", "--pdeathsig", "KILL", "unshare"]
    command = [*mortal, *flags, "sh", "-c", _ALONE, "sh", sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env={**os.environ, INSIDE: "1", "PYTHONUNBUFFERED": "1"}, check=False).returncode


@dataclass(frozen=True, slots=True)
class Host:
    """One host.

    :param own: what it sees in the folder ``private``, where each host sees something else.
    """

    name: str
    address: str
    own: Path
    private: Path

    def command(self, command: Sequence[str]) -> list[str]:
        """``command``, as it is started on this host; it keeps its process id."""
        there = ["ip", "netns", "exec", self.name, "unshare", "--mount", "--uts", "sh", "-c", _ON_HOST, self.name]
        return [*there, str(self.own), str(self.private), *command]

    def cut(self) -> None:
        """Takes the cable out: packets are lost, and neither side learns of it."""
        _ip("link", "set", _port(self.name), "down")

    def connect(self) -> None:
        """Puts the cable in again."""
        _ip("link", "set", _port(self.name), "up")


def make_hosts(names: Sequence[str], folder: Path, private: Path) -> dict[str, Host]:
    """Makes the switch and the hosts, which find each other by name.

    :param folder: where the hosts' own folders are made.
    :param private: folder that each host sees as its own.
    """
    _ip("link", "set", "lo", "up")
    _ip("link", "add", "switch", "type", "bridge")
    _ip("address", "add", f"{SWITCH}/24", "dev", "switch")
    _ip("link", "set", "switch", "up")
    hosts = {name: _host(name, f"{SUBNET}.{number}", folder / name, private) for number, name in enumerate(names, 1)}
    book = folder / "hosts"
    book.write_text("127.0.0.1 localhost\n" + "".join(f"{host.address} {host.name}\n" for host in hosts.values()))
    subprocess.run(["mount", "--bind", str(book), "/etc/hosts"], check=True)
    return hosts


def _host(name: str, address: str, own: Path, private: Path) -> Host:
    _ip("netns", "add", name)
    _ip("link", "add", _port(name), "type", "veth", "peer", "name", "eth0", "netns", name)
    _ip("link", "set", _port(name), "master", "switch", "up")
    _ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
    for device in ("lo", "eth0"):
        _ip("-n", name, "link", "set", device, "up")
    own.mkdir(parents=True)
    return Host(name, address, own, private)


def _port(name: str) -> str:
    """The host's port at the switch; Linux allows 15 letters."""
    return f"to-{name}"[:15]


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
