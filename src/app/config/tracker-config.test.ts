import assert from 'node:assert/strict';
import test from 'node:test';
import * as z from 'zod';
import { type ConfigSources, loadConfig } from './load-config.ts';
import { trackerConfig, type TrackerConfig } from './tracker-config.ts';

async function valueOf(sources: ConfigSources<TrackerConfig>): Promise<TrackerConfig> {
  return (await loadConfig(trackerConfig, sources)).value;
}

const isRefused = (sources: ConfigSources<TrackerConfig>): Promise<void> =>
  assert.rejects(loadConfig(trackerConfig, sources), { code: 'CONFIG_INVALID' });

test('memory is a size in text or a number of bytes, and at least 1 MiB', async () => {
  assert.equal((await valueOf({})).memory, 256 * 1024 ** 2);
  assert.equal((await valueOf({ env: { DST_TRACKER_MEMORY: '1.5G' } })).memory, 1.5 * 1024 ** 3);
  assert.equal((await valueOf({ env: { DST_TRACKER_MEMORY: '67108864' } })).memory, 64 * 1024 ** 2);
  assert.equal((await valueOf({ flags: { memory: 1024 ** 2 } })).memory, 1024 ** 2);
  for (const memory of [1024, 1024 ** 2 + 0.5, Number.NaN]) await isRefused({ flags: { memory } });
  await isRefused({ env: { DST_TRACKER_MEMORY: 'much' } });
});

test('addresses, ranges and host names are written one way', async () => {
  const value = await valueOf({
    env: {
      DST_TRACKER_BIND: '::FFFF:192.0.2.1, 2001:DB8:0::1',
      DST_TRACKER_TRUST_PROXY: '10.1.2.3/8,::1',
      DST_TRACKER_HOST_NAMES: 'Tracker.Example.ORG, localhost, ::1',
    },
  });
  assert.deepEqual(value.bind, ['192.0.2.1', '2001:db8::1']);
  assert.deepEqual(value.trustProxy, ['10.0.0.0/8', '::1/128']);
  assert.deepEqual(value.hostNames, ['tracker.example.org', 'localhost', '::1']);
});

test('what is no address, range or host name is refused', async () => {
  await isRefused({ flags: { bind: ['localhost'] } });
  await isRefused({ flags: { trustProxy: ['10.0.0.0/33'] } });
  for (const name of ['', 'a b', 'a:80', 'https://a', '-a', '1.2.3', 'a..b']) {
    await isRefused({ flags: { hostNames: [name] } });
  }
});

test('DST_SWARMS is another name of DST_TRACKER_SWARMS', async () => {
  assert.equal((await valueOf({ env: { DST_SWARMS: 'redis://a' } })).swarms, 'redis://a');
  assert.equal(
    (await valueOf({ env: { DST_SWARMS: 'redis://a', DST_TRACKER_SWARMS: 'redis://b' } })).swarms,
    'redis://b',
  );
});

test('the error of a wrong address of a database server does not repeat it', async () => {
  const env = { DST_TRACKER_SWARMS: 'http://user:hunter2@host' };
  await assert.rejects(loadConfig(trackerConfig, { env }), (error: Error) => {
    assert.match(error.message, /DST_TRACKER_SWARMS/);
    assert.doesNotMatch(`${error.message} ${JSON.stringify(error)}`, /hunter2/);
    return true;
  });
});

test('the interval under load is no shorter than the interval', async () => {
  await isRefused({ flags: { interval: 1800, longestInterval: 1799 } });
  assert.equal((await valueOf({ flags: { interval: 1800, longestInterval: 1800 } })).longestInterval, 1800);
});

test('a port for TLS needs certificate and key', async () => {
  await isRefused({ flags: { tlsPort: 443 } });
  await isRefused({ flags: { tlsPort: 443, tlsCert: 'cert.pem' } });
  assert.equal((await valueOf({ flags: { tlsPort: 443, tlsCert: 'a', tlsKey: 'b' } })).tlsPort, 443);
});

test('the port for TLS is another one than that without, unless both may be any', async () => {
  const tls = { tlsCert: 'a', tlsKey: 'b' };
  const loading = loadConfig(trackerConfig, { flags: { ...tls, port: 7000, tlsPort: 7000 } });
  await assert.rejects(loading, { code: 'CONFIG_INVALID', message: 'tlsPort: it is the same as port' });
  assert.equal((await valueOf({ flags: { ...tls, port: 0, tlsPort: 0 } })).tlsPort, 0);
});

test('a warning is one line of at most 200 characters', async () => {
  assert.equal((await valueOf({ flags: { warning: 'Wartung um 12 Uhr — bald zurück' } })).warning.length, 31);
  for (const warning of ['a\nb', '\u202eabc', 'x'.repeat(201)]) await isRefused({ flags: { warning } });
});

test('checked values are allowed as input and stay as they are', async () => {
  const first = await valueOf({ env: { DST_TRACKER_MEMORY: '1G', DST_TRACKER_TRUST_PROXY: '10.1.2.3/8' } });
  assert.deepEqual(trackerConfig.parse(first), first);
});

test('the schema can be written as JSON Schema', () => {
  const { properties } = z.toJSONSchema(trackerConfig, { io: 'input' });
  assert.deepEqual(Object.keys(properties ?? {}), Object.keys(trackerConfig.shape));
});

test('an address of shared swarms is refused that cannot be used later', async () => {
  for (const swarms of ['redis://localhost/abc', 'redis://:%zz@localhost', 'unix://host/path', 'http://localhost'])
    await isRefused({ flags: { swarms } });
});
