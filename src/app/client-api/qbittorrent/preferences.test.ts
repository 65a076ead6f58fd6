import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PASSWORD } from '../../../../test/support/memory-access.ts';
import { Stage } from './stage.test.ts';

const set = (stage: Stage, values: object): Promise<void> =>
  stage.does('app/setPreferences', { json: JSON.stringify(values) });

describe('preferences', () => {
  test('are those of the configuration', async () => {
    const stage = await Stage.open({
      config: {
        incomplete: '/downloads/part',
        limits: { download: 1000, altUpload: 2000, followSchedule: true, schedule: ['sat,sun 10:30-23:05'] },
        queue: { downloads: 3, slowRate: 0 },
        goals: { ratio: 1.5, minutes: 600, action: 'remove-with-data' },
        peers: { connections: 77, encryption: 'required', blocklist: '/media/list.gz' },
        torrents: { startAdded: false, onComplete: '/usr/bin/true', watch: ['/media/watch'] },
      },
    });
    await stage.client.ban(['192.0.2.9', '2001:db8::9']);
    const preferences = await stage.read('app/preferences');
    const expected = {
      save_path: '/downloads',
      temp_path: '/downloads/part',
      temp_path_enabled: true,
      add_stopped_enabled: true,
      start_paused_enabled: true,
      scan_dirs: { '/media/watch': 1 },
      autorun_enabled: true,
      autorun_program: '',
      dl_limit: 1000,
      up_limit: 0,
      alt_up_limit: 2000,
      scheduler_enabled: true,
      scheduler_days: 2,
      schedule_from_hour: 10,
      schedule_from_min: 30,
      schedule_to_hour: 23,
      schedule_to_min: 5,
      queueing_enabled: true,
      max_active_downloads: 3,
      max_active_uploads: -1,
      dont_count_slow_torrents: false,
      max_ratio: 1.5,
      max_ratio_enabled: true,
      max_seeding_time: 600,
      max_seeding_time_enabled: true,
      max_inactive_seeding_time: -1,
      max_inactive_seeding_time_enabled: false,
      max_ratio_act: 3,
      max_connec: 77,
      encryption: 1,
      ip_filter_enabled: true,
      ip_filter_path: '/media/list.gz',
      banned_IPs: '192.0.2.9\n2001:db8::9',
      dht: false,
      listen_port: 8471,
      web_ui_port: 8470,
      web_ui_username: 'test',
      // Clients divide these by 1024.
      torrent_file_size_limit: 32 * 1024 * 1024,
      disk_queue_size: 1024 * 1024,
      socket_send_buffer_size: 0,
      socket_receive_buffer_size: 0,
      validate_https_tracker_certificate: true,
    };
    assert.deepEqual({ ...preferences, ...expected }, preferences);
  });

  test('become the configuration', async () => {
    const stage = await Stage.open();
    const { settings } = stage.client;
    const valueOf = (key: string): unknown =>
      key.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], settings.afterRestart);
    for (const [values, key, expected] of [
      [{ save_path: '/media' }, 'downloads', '/media'],
      [{ temp_path_enabled: true, temp_path: '/media/part' }, 'incomplete', '/media/part'],
      [{ temp_path: '/media/other' }, 'incomplete', '/media/other'],
      [{ temp_path_enabled: false }, 'incomplete', null],
      [{ add_stopped_enabled: true }, 'torrents.startAdded', false],
      [{ start_paused_enabled: false }, 'torrents.startAdded', true],
      [{ preallocate_all: true }, 'torrents.allocation', 'full'],
      [{ listen_port: 6881 }, 'peers.port', 6881],
      [{ random_port: true }, 'peers.port', 0],
      [{ max_connec: '123' }, 'peers.connections', 123],
      [{ max_connec: -1 }, 'peers.connections', 100_000],
      [{ max_connec_per_torrent: 5 }, 'peers.perTorrent', 5],
      [{ max_uploads_per_torrent: 4 }, 'peers.uploadSlots', 4],
      [{ encryption: 2 }, 'peers.encryption', 'plaintext'],
      [{ dl_limit: 5000 }, 'limits.download', 5000],
      [{ dl_limit: -1 }, 'limits.download', 0],
      [{ up_limit: 6000 }, 'limits.upload', 6000],
      [{ alt_dl_limit: 7000 }, 'limits.altDownload', 7000],
      [{ alt_up_limit: 8000 }, 'limits.altUpload', 8000],
      [{ scheduler_enabled: true }, 'limits.followSchedule', true],
      [{ scheduler_enabled: true }, 'limits.schedule', ['08:00-20:00']],
      [{ scheduler_enabled: 'false' }, 'limits.followSchedule', false],
      [{ schedule_from_hour: 9, scheduler_days: 1 }, 'limits.schedule', ['mon-fri 09:00-20:00']],
      [{ schedule_to_min: 45, scheduler_days: 9 }, 'limits.schedule', ['sun 09:00-20:45']],
      [{ queueing_enabled: false }, 'queue.enabled', false],
      [{ max_active_downloads: 9 }, 'queue.downloads', 9],
      [{ max_active_downloads: -1 }, 'queue.downloads', null],
      [{ max_active_uploads: 2 }, 'queue.seeds', 2],
      [{ dont_count_slow_torrents: false }, 'queue.slowRate', 0],
      [{ dont_count_slow_torrents: true, slow_torrent_dl_rate_threshold: 3 }, 'queue.slowRate', 3072],
      [{ max_ratio_enabled: true, max_ratio: 2.5 }, 'goals.ratio', 2.5],
      [{ max_ratio_enabled: false }, 'goals.ratio', null],
      [{ max_ratio_enabled: true }, 'goals.ratio', 1],
      [{ max_ratio: 3 }, 'goals.ratio', 3],
      [{ max_ratio: -1 }, 'goals.ratio', null],
      [{ max_seeding_time_enabled: true, max_seeding_time: 0 }, 'goals.minutes', 0],
      [{ max_inactive_seeding_time_enabled: true, max_inactive_seeding_time: 30 }, 'goals.idleMinutes', 30],
      [{ max_ratio_act: 1 }, 'goals.action', 'remove'],
      [{ max_ratio_act: 3 }, 'goals.action', 'remove-with-data'],
    ] as const) {
      await set(stage, values);
      assert.deepEqual(valueOf(key), expected, JSON.stringify(values));
    }
  });

  test('that are all sent back change nothing but what differs', async () => {
    const stage = await Stage.open({ config: { limits: { schedule: ['mon,thu 08:00-17:30', '22:00-06:00'] } } });
    const told = await stage.read('app/preferences');
    await set(stage, told);
    assert.deepEqual(stage.client.events.since(0).events, []);
    await set(stage, { ...told, up_limit: 1, banned_IPs: '192.0.2.1' });
    const [event, ...others] = stage.client.events.since(0).events;
    assert.deepEqual([event?.data, others], [{ keys: ['limits.upload'], needRestart: [] }, []]);
    assert.deepEqual(stage.client.banned, ['192.0.2.1']);
    await set(stage, { banned_IPs: '' });
    assert.deepEqual(stage.client.banned, []);
  });

  test('that this client has not, and those that nobody may set from afar, are passed over', async () => {
    const stage = await Stage.open();
    const before = structuredClone(stage.client.settings.value);
    await set(stage, {
      autorun_enabled: true,
      autorun_program: '/bin/sh -c anything',
      autorun_on_torrent_added_enabled: true,
      autorun_on_torrent_added_program: '/bin/sh -c anything',
      alternative_webui_enabled: true,
      alternative_webui_path: '/etc',
      scan_dirs: { '/etc': 1 },
      ip_filter_path: '/etc/passwd',
      current_network_interface: 'wg0',
      current_interface_address: '192.0.2.1',
      web_ui_port: 1,
      web_ui_address: '0.0.0.0',
      web_ui_domain_list: 'evil.example',
      web_ui_reverse_proxies_list: '0.0.0.0/0',
      bypass_local_auth: true,
      web_ui_password: 'x',
      proxy_type: 5,
      dht: true,
      nonsense: {},
      __proto__: { save_path: '/media' },
    });
    assert.deepEqual(stage.client.settings.value, before);
  });

  test('that mean nothing are refused, all of them', async () => {
    const stage = await Stage.open();
    const before = structuredClone(stage.client.settings.afterRestart);
    for (const [json, status] of [
      ['nonsense', 400],
      ['[]', 400],
      ['null', 400],
      ['{"dl_limit":"x"}', 400],
      ['{"dl_limit":5,"queueing_enabled":"x"}', 400],
      ['{"dl_limit":5,"encryption":7}', 400],
      ['{"dl_limit":5,"max_ratio_act":2}', 400],
      ['{"dl_limit":5,"listen_port":70000}', 400],
      ['{"dl_limit":5,"schedule_from_hour":25}', 400],
      ['{"dl_limit":5,"save_path":"/etc"}', 409],
      ['{"dl_limit":5,"temp_path_enabled":true,"temp_path":"/etc"}', 409],
      ['{"dl_limit":5,"banned_IPs":"nonsense"}', 400],
    ] as const) {
      await stage.refuses('app/setPreferences', { json }, status);
    }
    await stage.refuses('app/setPreferences', {}, 400);
    stage.client.settings.fix('limits.upload');
    await stage.refuses('app/setPreferences', { json: '{"up_limit":5}' }, 409);
    await set(stage, { up_limit: 0, dl_limit: null });
    assert.deepEqual(stage.client.settings.value, before);
  });
});

describe('the program', () => {
  test('calls itself what clients know, and says what it is', async () => {
    const stage = await Stage.open();
    assert.equal(await stage.read('app/version'), 'v5.0.5');
    assert.equal(await stage.read('app/webapiVersion'), '2.11.2');
    assert.equal(await stage.read('app/defaultSavePath'), '/downloads');
    const { libtorrent, bitness, openssl } = await stage.read('app/buildInfo');
    assert.match(libtorrent, /^2\.0\.11\.0 \(dst \d/);
    assert.deepEqual([bitness, openssl], [64, process.versions.openssl]);
  });

  test('ends once the answer is out', async () => {
    const stage = await Stage.open();
    const headers = { authorization: `Basic ${Buffer.from(`oscar:${PASSWORD}`).toString('base64')}` };
    assert.equal((await stage.post('app/shutdown', {}, { token: null, headers })).status, 403);
    assert.ok(!stage.client.isShutDown);
    await stage.does('app/shutdown');
    assert.ok(stage.client.isShutDown);
  });

  test('lists folders below those that callers may see', async () => {
    const stage = await Stage.open();
    for (const [mode, expected] of [
      ['all', ['/media/films', '/media/one.mkv']],
      ['dirs', ['/media/films']],
      ['files', ['/media/one.mkv']],
    ] as const) {
      assert.deepEqual(await stage.read('app/getDirectoryContent', { dirPath: '/media', mode }), expected);
    }
    for (const [dirPath, status] of [
      ['media', 400],
      ['/etc', 409],
      ['/media/missing', 404],
    ] as const) {
      assert.equal((await stage.get('app/getDirectoryContent', { dirPath })).status, status, dirPath);
    }
    assert.equal((await stage.get('app/getDirectoryContent', { dirPath: '/media', mode: 'x' })).status, 400);
  });

  test('lists network interfaces and their addresses', async () => {
    const stage = await Stage.open();
    const interfaces: { name: string; value: string }[] = await stage.read('app/networkInterfaceList');
    const [first] = interfaces;
    assert.ok(first !== undefined && first.name === first.value);
    const all: string[] = await stage.read('app/networkInterfaceAddressList', { iface: '' });
    const own: string[] = await stage.read('app/networkInterfaceAddressList', { iface: first.value });
    assert.ok(own.length > 0 && own.every((address) => all.includes(address)));
    assert.deepEqual(await stage.read('app/networkInterfaceAddressList', { iface: 'none' }), []);
    assert.equal((await stage.get('app/networkInterfaceAddressList')).status, 400);
  });
});

test('preferences show folders and addresses of the machine to admins alone', async () => {
  const stage = await Stage.open({
    config: {
      peers: { blocklist: '/lists/p2p' },
      torrents: { watch: ['/watched'] },
      api: { hostNames: ['dst.example'] },
    },
  });
  await stage.client.ban(['192.0.2.9']);
  const read = async (token: string): Promise<string> => (await stage.get('app/preferences', {}, { token })).text;
  const secret = /lists|watched|192\.0\.2\.9|dst\.example/;
  assert.match(await read(stage.api.token), secret);
  for (const scope of ['read', 'control'] as const) {
    assert.doesNotMatch(await read(await stage.api.tokenFor(scope)), secret);
  }
});
