/** A certificate that is renewed while it is used, in the ways in which programs do that. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SimClock } from '../../../test/sim/sim-clock.ts';
import type { DstError } from '../../base/errors.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { firstPair, secondPair } from './certificate-fakes.test.ts';
import { CertificateWatch } from './certificate-watch.ts';

const broken: Certificate = { cert: secondPair.cert, key: firstPair.key };

interface Watched {
  readonly folder: string;
  readonly clock: SimClock;
  readonly watch: CertificateWatch;
  readonly changes: Certificate[];
  readonly problems: DstError[];
  /** Lets seconds pass until something is so. Nothing is being read then. */
  until(isSo: () => boolean): Promise<void>;
  /** The same until so many changes and problems have been told. */
  told(changes: number, problems: number): Promise<void>;
}

/** Watches a pair in a folder that `prepare` fills. */
async function watched(
  t: TestContext,
  prepare: (folder: string) => Promise<unknown> = (folder) => put(folder, firstPair),
  at = '.',
): Promise<Watched> {
  const folder = await mkdtemp(join(tmpdir(), 'dst-watch-'));
  await prepare(folder);
  const [certPath, keyPath] = [join(folder, at, 'cert.pem'), join(folder, at, 'key.pem')];
  const clock = new SimClock();
  const changes: Certificate[] = [];
  const problems: DstError[] = [];
  const watch = new CertificateWatch(firstPair, {
    certPath,
    keyPath,
    clock,
    onChange: (certificate) => changes.push(certificate),
    onProblem: (problem) => problems.push(problem),
  });
  t.after(async () => {
    watch[Symbol.dispose]();
    await rm(folder, { recursive: true, force: true });
  });
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) {
      await sleep(1); // the system tells in real time
      await clock.run(1_000);
    }
    // A reading that began before one of ours ends before it.
    for (let reading = 0; reading < 2; reading++) await readCertificate(certPath, keyPath).catch(() => {});
  };
  const told = async (wantedChanges: number, wantedProblems: number): Promise<void> => {
    await until(() => changes.length >= wantedChanges && problems.length >= wantedProblems);
    assert.deepEqual([changes.length, problems.length], [wantedChanges, wantedProblems]);
  };
  return { folder, clock, watch, changes, problems, until, told };
}

async function put(folder: string, { cert, key }: Certificate): Promise<void> {
  await writeFile(join(folder, 'cert.pem'), cert);
  await writeFile(join(folder, 'key.pem'), key);
}

/** A new file in the place of the old one. */
async function replace(folder: string, name: string, text: string): Promise<void> {
  await writeFile(join(folder, `.${name}.new`), text);
  await rename(join(folder, `.${name}.new`), join(folder, name));
}

describe('the watch over a certificate', () => {
  test('takes files that are written anew', async (t) => {
    const { folder, changes, told } = await watched(t);
    await put(folder, secondPair);
    await told(1, 0);
    assert.deepEqual(changes, [secondPair]);
  });

  test('takes files that are put in the place of the old ones, again and again', async (t) => {
    const { folder, changes, told } = await watched(t);
    for (const [i, pair] of [secondPair, firstPair, secondPair].entries()) {
      await replace(folder, 'key.pem', pair.key);
      await replace(folder, 'cert.pem', pair.cert);
      await told(i + 1, 0);
    }
    assert.deepEqual(changes, [secondPair, firstPair, secondPair]);
  });

  test('takes links that are put in the place of the old ones', async (t) => {
    const prepare = async (folder: string): Promise<void> => {
      for (const [name, pair] of [
        ['1', firstPair],
        ['2', secondPair],
      ] as const) {
        await mkdir(join(folder, 'archive', name), { recursive: true });
        await put(join(folder, 'archive', name), pair);
      }
      await mkdir(join(folder, 'live'));
      for (const file of ['cert.pem', 'key.pem']) await symlink(`../archive/1/${file}`, join(folder, 'live', file));
    };
    const { folder, changes, told } = await watched(t, prepare, 'live');
    for (const file of ['cert.pem', 'key.pem']) {
      await symlink(`../archive/2/${file}`, join(folder, 'live', `${file}.new`));
      await rename(join(folder, 'live', `${file}.new`), join(folder, 'live', file));
    }
    await told(1, 0);
    assert.deepEqual(changes, [secondPair]);
  });

  test('stays with the old pair while the new one is of no use, and says what is wrong', async (t) => {
    const { folder, watch, changes, problems, told } = await watched(t);
    await put(folder, broken);
    await told(0, 1);
    assert.equal(problems[0]?.code, 'TLS_MISMATCH');
    assert.equal(watch.problem, problems[0]);
    await put(folder, secondPair);
    await told(1, 1);
    assert.deepEqual(changes, [secondPair]);
    assert.equal(watch.problem, null);
  });

  test('has no problem any more when the old pair is back, which is no change', async (t) => {
    const { folder, watch, changes, until, told } = await watched(t);
    await rm(join(folder, 'key.pem'));
    await told(0, 1);
    assert.equal(watch.problem?.code, 'TLS_UNREADABLE');
    await put(folder, firstPair);
    await until(() => watch.problem === null);
    assert.deepEqual(changes, []);
  });

  test('reads the files within an hour when the system does not tell', async (t) => {
    const prepare = async (folder: string): Promise<void> => {
      await mkdir(join(folder, 'far'));
      await mkdir(join(folder, 'near'));
      await put(join(folder, 'far'), firstPair);
      for (const file of ['cert.pem', 'key.pem']) await symlink(`../far/${file}`, join(folder, 'near', file));
    };
    const { folder, clock, changes } = await watched(t, prepare, 'near');
    await put(join(folder, 'far'), secondPair);
    await clock.run(3_590_000);
    assert.deepEqual(changes, []);
    await clock.run(20_000);
    while (changes.length === 0) await sleep(1);
    await put(join(folder, 'far'), firstPair);
    await clock.run(3_600_000);
    while (changes.length === 1) await sleep(1);
    assert.deepEqual(changes, [secondPair, firstPair]);
  });

  test('notices that a folder that was removed has been made again, and follows it, without waiting for an hour', async (t) => {
    const { folder, clock, watch, changes, problems, until, told } = await watched(t);
    await rm(folder, { recursive: true });
    await told(0, 1);
    await mkdir(folder);
    await put(folder, firstPair);
    const start = clock.now();
    await until(() => watch.problem === null);
    await put(folder, secondPair);
    await told(1, 1);
    assert.ok(clock.now() - start < 3_500_000);
    assert.deepEqual(changes, [secondPair]);
    assert.equal(problems[0]?.code, 'TLS_UNREADABLE');
  });

  test('watches a folder that was made again before anybody noticed', async (t) => {
    const { folder, clock, changes, told } = await watched(t);
    const start = clock.now();
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await put(folder, secondPair);
    await told(1, 0);
    await put(folder, firstPair);
    await told(2, 0);
    assert.ok(clock.now() - start < 3_500_000);
    assert.deepEqual(changes, [secondPair, firstPair]);
  });

  test('tells a problem once, however often it reads', async (t) => {
    const { folder, clock, problems, told } = await watched(t);
    await rm(join(folder, 'key.pem'));
    await told(0, 1);
    for (let minute = 0; minute < 5; minute++) {
      await clock.run(60_000);
      await sleep(5);
    }
    assert.equal(problems.length, 1);
  });

  test('says that a folder cannot be watched, and still reads the files', async (t) => {
    const gone = async (folder: string): Promise<void> => rm(folder, { recursive: true });
    const { folder, clock, watch, problems, changes } = await watched(t, gone);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['TLS_UNWATCHED'],
    );
    assert.equal(watch.problem, null);
    await mkdir(folder);
    await put(folder, secondPair);
    await clock.run(3_600_000);
    while (changes.length === 0) await sleep(1);
    assert.deepEqual(changes, [secondPair]);
  });

  test('counts only the last reading, when another one began before it had ended', async (t) => {
    const { folder, clock, problems } = await watched(t);
    await rm(folder, { recursive: true });
    await clock.run(3 * 3_600_000); // three readings begin, and none ends meanwhile
    while (problems.length === 0) await sleep(1);
    await sleep(20);
    assert.equal(problems.length, 1);
  });

  test('tells nothing after its end, also when it is just reading', async (t) => {
    const { folder, clock, watch, changes, problems } = await watched(t);
    await put(folder, secondPair);
    await sleep(20);
    await clock.run(1_000);
    watch[Symbol.dispose]();
    await sleep(20);
    await clock.run(4_000_000);
    await sleep(20);
    assert.deepEqual([changes, problems], [[], []]);
  });
});
