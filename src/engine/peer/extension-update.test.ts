import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeExtensionHandshake, encodeExtensionHandshake, type ExtensionHandshake } from '../../codec/wire/index.ts';
import { updateExtensions } from './extension-update.ts';

const told = (handshake: Partial<ExtensionHandshake>): ExtensionHandshake =>
  decodeExtensionHandshake(encodeExtensionHandshake(handshake)) as ExtensionHandshake;

test('the first handshake stands as it is, without the extensions that are off', () => {
  const first = told({
    ids: new Map([
      ['a', 1],
      ['b', 0],
    ]),
    client: 'x',
    requestQueue: 5,
  });
  const known = updateExtensions(null, first);
  assert.deepEqual([[...known.ids], known.client, known.requestQueue], [[['a', 1]], 'x', 5]);
});

test('a later handshake adds, changes and switches off extensions', () => {
  const known = updateExtensions(
    null,
    told({
      ids: new Map([
        ['a', 1],
        ['b', 2],
      ]),
    }),
  );
  const changed = updateExtensions(
    known,
    told({
      ids: new Map([
        ['a', 9],
        ['b', 0],
        ['c', 3],
      ]),
    }),
  );
  assert.deepEqual(
    [...changed.ids],
    [
      ['a', 9],
      ['c', 3],
    ],
  );
});

test('what a later handshake leaves out stays, what it tells counts', () => {
  const known = updateExtensions(null, told({ client: 'x', requestQueue: 5, isUploadOnly: true, metadataSize: 100 }));
  const changed = updateExtensions(known, told({ isUploadOnly: false, requestQueue: 6 }));
  const { client, requestQueue, isUploadOnly, metadataSize } = changed;
  assert.deepEqual([client, requestQueue, isUploadOnly, metadataSize], ['x', 6, false, 100]);
});
