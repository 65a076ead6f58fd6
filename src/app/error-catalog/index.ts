/** Every error code that a user or caller can meet, with what it means and what to do: from the tables of all layers. */
import type { ErrorTable } from '../../base/errors.ts';
import { bencodeErrors } from '../../codec/bencode/index.ts';
import { magnetErrors, metainfoErrors } from '../../codec/metainfo/index.ts';
import { wireErrors } from '../../codec/wire/index.ts';
import { trackerErrors } from '../../discovery/tracker-client/index.ts';
import { engineErrors } from '../../engine/index.ts';
import { netErrors } from '../../net/index.ts';
import { storageErrors } from '../../storage/index.ts';
import { sourceErrors } from '../errors.ts';
import { torrentFileErrors } from '../torrent-file/index.ts';

export const errorCatalog: ErrorTable = {
  ...bencodeErrors,
  ...metainfoErrors,
  ...magnetErrors,
  ...wireErrors,
  ...netErrors,
  ...storageErrors,
  ...trackerErrors,
  ...engineErrors,
  ...sourceErrors,
  ...torrentFileErrors,
};
