/** Test support: qBittorrent's WebAPI of a client in memory, served on a port of this machine. */
import { ClientServer } from '../../src/app/client-api/index.ts';
import { qbittorrent } from '../../src/app/client-api/qbittorrent/index.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { systemRandom } from '../../src/base/random.ts';
import { FakeClient, type FakeClientOptions } from './fake-client.ts';
import { memoryAccess } from './memory-access.ts';

export interface QbittorrentServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly client: FakeClient;
  /** Of who may do everything. */
  readonly token: string;
}

export async function qbittorrentServer(options: FakeClientOptions = {}): Promise<QbittorrentServer> {
  const client = new FakeClient(options);
  const { access } = await memoryAccess();
  const { token } = await access.addToken({ name: 'test', scope: 'admin', owner: null, expiresAt: null });
  const fetchTorrent = (): Promise<never> => Promise.reject(new Error('nothing is fetched here'));
  const server = await ClientServer.listen(
    { bind: ['127.0.0.1'], port: 0, socket: null, certificate: null },
    {
      client,
      access,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      hostNames: () => [],
      mounts: [qbittorrent({ fetchTorrent })],
    },
  );
  return {
    url: `http://127.0.0.1:${server.addresses[0]?.port ?? 0}`,
    client,
    token,
    [Symbol.asyncDispose]: () => server.close(0),
  };
}
