"""What libtorrent makes of a tracker's answers; prints one JSON object.

decode: bencoding on stdin; byte strings become text of one character per byte
scrape TRACKER INFO_HASH: the counts that a torrent of libtorrent is told by the tracker
"""
import json
import sys
import time

import libtorrent as lt


def text(value):
    if isinstance(value, bytes):
        return value.decode('latin-1')
    if isinstance(value, dict):
        return {text(key): text(item) for key, item in value.items()}
    return [text(item) for item in value] if isinstance(value, list) else value


def scrape(tracker, info_hash):
    session = lt.session({
        'listen_interfaces': '0.0.0.0:0,[::]:0',
        'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
        'alert_mask': lt.alert.category_t.tracker_notification | lt.alert.category_t.error_notification,
    })
    params = lt.parse_magnet_uri(f'magnet:?xt=urn:btih:{info_hash}')
    params.trackers = [tracker]
    params.save_path = '/nowhere'
    # A torrent that is not started does not announce itself, so the counts stay what they are.
    params.flags = lt.torrent_flags.paused
    handle = session.add_torrent(params)
    handle.scrape_tracker()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        # Not by wait_for_alert: libtorrent's thread may move what that answers while Python looks at it, and then it crashes.
        time.sleep(0.02)
        for alert in session.pop_alerts():
            # It asks from each of its addresses; those of the other family than the tracker's fail.
            if isinstance(alert, lt.scrape_reply_alert):
                endpoints = handle.trackers()[0]['endpoints']
                downloaded = max(told['scrape_downloaded'] for end in endpoints for told in end['info_hashes'])
                return {'complete': alert.complete, 'downloaded': downloaded, 'incomplete': alert.incomplete}
    sys.exit('no answer')


result = text(lt.bdecode(sys.stdin.buffer.read())) if sys.argv[1] == 'decode' else scrape(*sys.argv[2:])
print(json.dumps(result))
