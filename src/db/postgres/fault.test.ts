import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { postgresFault } from './fault.ts';

test('a server of which no address answers is told with each address, its port and what the system says', async () => {
  const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
  // What pg does with a name of several addresses, as localhost is one.
  const socket = connect({ host: 'db.example', port: 1, lookup: (_host, _options, found) => found(null, addresses) });
  const [error] = (await once(socket, 'error')) as [Error];
  const { code, message, details } = postgresFault(error);
  assert.deepEqual(
    [code, message, details],
    [
      'DB_UNREACHABLE',
      'PostgreSQL: connect ECONNREFUSED 127.0.0.1:1; connect ECONNREFUSED 127.0.0.2:1',
      { system: 'ECONNREFUSED' },
    ],
  );
});
