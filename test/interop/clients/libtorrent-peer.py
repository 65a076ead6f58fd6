"""A libtorrent session driven by JSON lines on stdin; it reports by JSON lines on stdout.

Arguments: ENCRYPTION (allowed, required or plaintext) IP PORT. Input, one line: {"target": torrent file or magnet link, "dir", "peers": ["ip:port"]}.
Output: {"event": "listening"}, then {"event": "complete"} once all data is there and checked.
"""
import json
import sys
import threading
import time

import libtorrent as lt

encryption, ip, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
policy = {'required': 0, 'allowed': 1, 'plaintext': 2}[encryption]
host = f'[{ip}]' if ':' in ip else ip
session = lt.session({
    'listen_interfaces': f'{host}:{port}',
    'outgoing_interfaces': ip,
    'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'enable_incoming_utp': False, 'enable_outgoing_utp': False,
    'allow_multiple_connections_per_ip': True,
    'in_enc_policy': policy, 'out_enc_policy': policy,
    # RC4 alone where encryption is required, else plaintext after the handshake too.
    'allowed_enc_level': 2 if encryption == 'required' else 3,
    'alert_mask': lt.alert.category_t.status_notification | lt.alert.category_t.error_notification,
})


def say(event):
    print(json.dumps({'event': event}), flush=True)


def serve_commands():
    for line in sys.stdin:
        command = json.loads(line)
        if command['target'].startswith('magnet:'):
            params = lt.parse_magnet_uri(command['target'])
        else:
            params = lt.add_torrent_params()
            params.ti = lt.torrent_info(command['target'])
        params.save_path = command['dir']
        params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
        handle = session.add_torrent(params)
        for peer in command['peers']:
            peer_ip, peer_port = peer.rsplit(':', 1)
            handle.connect_peer((peer_ip.strip('[]'), int(peer_port)))


threading.Thread(target=serve_commands, daemon=True).start()
while True:
    # Not by wait_for_alert: libtorrent's thread may move what that answers while Python looks at it, and then it crashes.
    time.sleep(0.02)
    for alert in session.pop_alerts():
        if isinstance(alert, lt.listen_succeeded_alert):
            say('listening')
        elif isinstance(alert, lt.torrent_finished_alert):
            say('complete')
        else:
            print(alert, file=sys.stderr, flush=True)
