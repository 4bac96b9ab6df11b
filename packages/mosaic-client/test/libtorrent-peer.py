"""A node of the DHT by libtorrent (Debian's python3-libtorrent), for a test that talks to it over loopback.

    libtorrent-peer.py ENTRY_PORT

Reads commands, one JSON value a line, and answers each with one line:
    {"do": "put", "seed": HEX, "key": HEX, "salt": TEXT, "value": HEX}  -> {"nodes": N, "sequence": N}
    {"do": "get", "key": HEX, "salt": TEXT}                             -> {"value": HEX, "sequence": N, "signature": HEX} or {"value": null}
"""

import hashlib
import json
import sys
import time
import warnings

import libtorrent as lt

ALONE = {
    "listen_interfaces": "127.0.0.1:0",
    "enable_dht": True,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "dht_bootstrap_nodes": "",
    # Out of the box one node an address counts, which would leave one on loopback.
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    "dht_ignore_dark_internet": False,
    "dht_enforce_node_id": False,
    "dht_prefer_verified_node_ids": False,
    "alert_mask": lt.alert.category_t.dht_notification,
}


def wait_for(session, kind, seconds, matches=lambda alert: True):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        session.wait_for_alert(100)
        for alert in session.pop_alerts():
            if isinstance(alert, kind) and matches(alert):
                return alert
    raise TimeoutError(kind.__name__)


def expanded(seed):
    """libtorrent wants the secret scalar and the prefix of RFC 8032, 5.1.5, in place of the seed."""
    digest = bytearray(hashlib.sha512(seed).digest())
    digest[0] &= 248
    digest[31] = (digest[31] & 63) | 64
    return bytes(digest)


def put(session, command):
    key = bytes.fromhex(command["key"])
    secret = expanded(bytes.fromhex(command["seed"]))
    session.dht_put_mutable_item(secret, key, bytes.fromhex(command["value"]), command["salt"])
    alert = wait_for(session, lt.dht_put_alert, 8)
    return {"nodes": alert.num_success, "sequence": alert.seq}


def get(session, command):
    session.dht_get_mutable_item(bytes.fromhex(command["key"]), command["salt"])
    alert = wait_for(session, lt.dht_mutable_item_alert, 8, lambda alert: alert.authoritative or alert.seq > 0)
    if alert.seq == 0:
        return {"value": None}
    item = alert.item
    value = item["value"] if isinstance(item, dict) else item
    return {"value": value.hex(), "sequence": alert.seq, "signature": bytes(alert.signature).hex()}


def main():
    warnings.simplefilter("ignore", DeprecationWarning)
    session = lt.session(ALONE)
    session.add_dht_node(("127.0.0.1", int(sys.argv[1])))
    until = time.monotonic() + 8
    while session.status().dht_nodes < 8 and time.monotonic() < until:
        time.sleep(0.1)
    print(json.dumps({"port": session.listen_port()}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        answer = put(session, command) if command["do"] == "put" else get(session, command)
        print(json.dumps(answer), flush=True)


main()
