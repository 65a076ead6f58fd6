import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { addressEgress } from './address-egress.ts';

describe('an egress by address', () => {
  it('sends from anywhere when nothing is said', () => {
    const egress = addressEgress();
    assert.deepEqual([egress.source(4), egress.source(6), egress.problem], [undefined, undefined, null]);
  });

  it('sends from the first address of each family, and not in a family without one', () => {
    const both = addressEgress({ bind: ['2001:db8::1', '192.0.2.1', '192.0.2.2'] });
    assert.deepEqual([both.source(4), both.source(6)], ['192.0.2.1', '2001:db8::1']);
    const one = addressEgress({ bind: ['192.0.2.1'] });
    assert.equal(one.source(6), null);
    assert.throws(() => one.connect({ host: '2001:db8::2', port: 1 }), { code: 'NET_CONNECT_FAILED' });
    assert.throws(() => one.openUdp(6), { code: 'NET_CONNECT_FAILED' });
  });

  it('takes an unspecified address for any of its family', () => {
    const egress = addressEgress({ bind: ['0.0.0.0'] });
    assert.deepEqual([egress.source(4), egress.source(6)], [undefined, null]);
  });

  it('opens sockets for datagrams at its address', async () => {
    const socket = addressEgress({ bind: ['127.0.0.1'] }).openUdp(4);
    await once(socket, 'listening');
    assert.equal(socket.address().address, '127.0.0.1');
    socket.close();
  });

  it('finds the addresses that it can reach', async () => {
    assert.ok(!(await addressEgress({ bind: ['127.0.0.1'] }).resolve('localhost')).includes('::1'));
    assert.ok((await addressEgress().resolve('localhost')).length > 0);
  });
});
