/** A run of the client over a real session in a folder of its own: what it leaves there is there for the next one. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { systemRandom } from '../../src/base/random.ts';
import { ClientService, EventHistory, RunTotals, type Settings, type ViewState } from '../../src/app/client/index.ts';
import { clientConfig } from '../../src/app/config/index.ts';
import { createSession } from '../../src/app/index.ts';
import { openDatabase } from '../../src/db/index.ts';

export interface ClientRun extends AsyncDisposable {
  readonly client: ClientService;
  /** Its default save path; downloads that are not complete lie in `incomplete` beside it. */
  readonly downloads: string;
}

/** `roots`: folders that may be save paths. */
export async function startClient(home: string, roots: readonly string[]): Promise<ClientRun> {
  await mkdir(home, { recursive: true });
  const downloads = join(home, 'downloads');
  const groups = { api: { roots }, peers: {}, limits: {}, queue: {}, goals: {}, torrents: {}, memory: {} };
  const value = clientConfig.parse({ downloads, incomplete: join(home, 'incomplete'), ...groups });
  const settings: Settings = {
    ...{ value, afterRestart: value, originOf: () => 'default', places: { file: '', data: home } },
    set: () => Promise.reject(new Error('not here')),
  };
  const database = await openDatabase(join(home, 'client.db'), { outlivesPowerCut: true });
  const session = await createSession({
    ...{ port: 0, bind: ['127.0.0.1'], useTrackers: false, stateDirectory: join(home, 'resume') },
    directory: downloads,
  });
  const totals = await RunTotals.open(database.client.totals, systemClock);
  const client = await ClientService.open({
    ...{ engine: session, repository: database.client, settings, totals },
    events: new EventHistory(totals.lastEvent, systemClock, silentLogger),
    ...{ clock: systemClock, random: systemRandom, logger: silentLogger, folder: join(home, 'torrents') },
    openSealed: () => Promise.reject(new Error('no keys')),
    mayDial: () => true,
    shutDown: () => {},
  });
  return {
    client,
    downloads,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await session.close();
      await database.close();
    },
  };
}

/** Looks again and again, for two minutes at most. */
export async function until(isTrue: () => boolean, what = 'what was expected'): Promise<void> {
  for (let looks = 0; looks < 12_000; looks++) {
    if (isTrue()) return;
    await systemClock.sleep(10);
  }
  throw new Error(`${what} did not come about`);
}

/** Resolves when a torrent gets into a state, however short. */
export function nextState({ events }: ClientService, state: ViewState): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listening = events.on((event) => {
    if (event.name === 'torrent.state' && event.data.to === state) resolve();
  });
  return promise.finally(() => listening[Symbol.dispose]());
}
