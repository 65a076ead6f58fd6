"""Creates and reads torrent files with libtorrent; prints one JSON object with the info hashes.

create SOURCE TORRENT PIECE_LENGTH v1|v2|hybrid TRACKER
read TORRENT
"""
import json
import os
import sys

import libtorrent as lt

FORMATS = {'v1': lt.create_torrent.v1_only, 'v2': lt.create_torrent.v2_only, 'hybrid': 0}


def create(source, torrent, piece_length, kind, tracker):
    files = lt.file_storage()
    lt.add_files(files, source)
    created = lt.create_torrent(files, int(piece_length), FORMATS[kind])
    created.add_tracker(tracker)
    lt.set_piece_hashes(created, os.path.dirname(source))
    with open(torrent, 'wb') as out:
        out.write(lt.bencode(created.generate()))


if sys.argv[1] == 'create':
    create(*sys.argv[2:])
torrent_info = lt.torrent_info(sys.argv[3 if sys.argv[1] == 'create' else 2])
hashes = torrent_info.info_hashes()
print(json.dumps({
    'v1': str(hashes.v1) if hashes.has_v1() else None,
    'v2': str(hashes.v2) if hashes.has_v2() else None,
}))
