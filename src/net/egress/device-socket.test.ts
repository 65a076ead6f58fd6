/** Sockets that are bound to the loopback interface, and the routes that the kernel tells of it. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { boundTo, closeSocket, openDeviceSocket } from './device-socket.ts';
import { cannotBind } from './fakes.test.ts';
import { nodeInterfaceSystem } from './interface-system.ts';
import { routeOf } from './kernel-routes.ts';

const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
const skipIPv6 = cannotBind || (!hasIPv6 && 'this machine has no IPv6');

describe('a socket of a network interface', { skip: cannotBind }, () => {
  for (const kind of ['stream', 'datagram'] as const) {
    it(`is bound to it and to its address, for everybody who may run this (${kind})`, () => {
      const fd = openDeviceSocket(kind, 'lo', { host: '127.0.0.1', port: 0 });
      assert.deepEqual(boundTo(fd), { device: 'lo', source: '127.0.0.1' });
      closeSocket(fd);
    });
  }

  it('is bound to an IPv6 address', { skip: skipIPv6 }, () => {
    const fd = openDeviceSocket('stream', 'lo', { host: '::1', port: 0 });
    assert.deepEqual(boundTo(fd), { device: 'lo', source: '::1' });
    closeSocket(fd);
  });

  it('is not opened where the interface, or the address, is not there', () => {
    const missing = { code: 'NET_LISTEN_FAILED', message: /no such device/i };
    assert.throws(() => openDeviceSocket('stream', 'none0', { host: '127.0.0.1', port: 0 }), missing);
    const foreign = {
      code: 'NET_LISTEN_FAILED',
      message: /192\.0\.2\.77 port 0 cannot be used on lo: .*EADDRNOTAVAIL/,
    };
    assert.throws(() => openDeviceSocket('stream', 'lo', { host: '192.0.2.77', port: 0 }), foreign);
  });

  it('says when another program has the port', async () => {
    const other = createSocket('udp4').bind(0, '127.0.0.1');
    await once(other, 'listening');
    const local = { host: '127.0.0.1', port: other.address().port };
    assert.throws(() => openDeviceSocket('datagram', 'lo', local), { code: 'NET_PORT_IN_USE' });
    other.close();
  });
});

describe('the routes that the kernel tells', { skip: cannotBind }, () => {
  it('lead from the loopback address to itself by the loopback interface', () => {
    assert.equal(routeOf('127.0.0.1', '127.0.0.1'), 'lo');
  });

  it('lead there in IPv6', { skip: skipIPv6 }, () => {
    assert.equal(routeOf('::1', '::1'), 'lo');
  });

  it('lead nowhere from an address that is not ours', () => {
    assert.equal(routeOf('192.0.2.77', '127.0.0.1'), null);
  });
});

describe('the interfaces of this machine', { skip: cannotBind }, () => {
  it('have the loopback one with its addresses', () => {
    const lo = nodeInterfaceSystem.look('lo');
    assert.ok(lo?.addresses.includes('127.0.0.1'));
    assert.equal(lo?.index, 1);
  });

  it('have none that is not there', () => {
    assert.equal(nodeInterfaceSystem.look('none0'), null);
  });

  it('tell which addresses are our own', () => {
    assert.ok(nodeInterfaceSystem.isOwn('127.0.0.1'));
    assert.ok(nodeInterfaceSystem.isOwn('127.0.0.53'), 'all of 127/8');
    assert.ok(!nodeInterfaceSystem.isOwn('192.0.2.77'));
  });
});
