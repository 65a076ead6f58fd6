/** Two torrents whose files have the same places. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { testTorrent } from '../sim/test-torrent.ts';
import { onStage, type Stage } from './engine-stage.ts';
import { honestSeed } from './scripted-seed.ts';

const files = [100_000, 50_000];
const seeding = { content: { files }, has: 'everything' } as const;
/** Of the same names, with other bytes. */
const stranger = testTorrent({ files, seed: 2, name: 'test-1' });

const bytesOf = (stage: Stage, file: string): Uint8Array =>
  (stage.member.files.files.get(`/downloads/test-1/${file}`) as Uint8Array).slice();
const codeOf = ({ torrent: { state } }: Stage): string | null => (state.kind === 'failed' ? state.error.code : null);

describe('a torrent of which nothing is there', () => {
  test('does not write over the data of another, and does once that has gone', () =>
    onStage(seeding, async (stage) => {
      await stage.untilState('seeding');
      const before = bytesOf(stage, 'file-0001');
      const other = stage.add(stranger);
      await other.untilState('failed');
      assert.equal(codeOf(other), 'ENGINE_FILES_TAKEN');
      assert.deepEqual(bytesOf(stage, 'file-0001'), before);
      assert.equal(stage.torrent.state.kind, 'seeding');
      await stage.member.session.remove(stage.torrent);
      other.torrent.life.start();
      await honestSeed(other);
      await other.untilState('seeding');
      assert.notDeepEqual(bytesOf(stage, 'file-0001'), before);
    }));

  test('does not either where a file was renamed to be the same', () =>
    onStage(seeding, async (stage) => {
      await stage.untilState('seeding');
      const paths = new Map([[1, ['test-1', 'file-0000']]]);
      const other = stage.add(testTorrent({ files, seed: 2 }), { paths });
      await other.untilState('failed');
      assert.equal(codeOf(other), 'ENGINE_FILES_TAKEN');
    }));

  test('does not while another is downloading there', () =>
    onStage({ content: { files } }, async (stage) => {
      await stage.untilState('downloading');
      const other = stage.add(stranger);
      await other.untilState('failed');
      assert.equal(codeOf(other), 'ENGINE_FILES_TAKEN');
    }));

  for (const how of ['moved', 'renamed'] as const) {
    test(`does not take the files of another along when it is ${how}, and downloads there`, () =>
      onStage(seeding, async (stage) => {
        await stage.untilState('seeding');
        const before = bytesOf(stage, 'file-0001');
        const other = stage.add(stranger);
        await other.untilState('failed');
        if (how === 'moved') await other.torrent.relocation.move('/other');
        else await other.torrent.relocation.setPaths(new Map(files.map((_, i) => [i, ['own', `file-${i}`]])));
        assert.deepEqual(bytesOf(stage, 'file-0001'), before);
        other.torrent.life.start();
        await honestSeed(other);
        await other.untilState('seeding');
        assert.deepEqual(bytesOf(stage, 'file-0001'), before);
        const own = [...stage.member.files.files.keys()].filter((path) => !path.startsWith('/downloads/test-1/'));
        assert.equal(own.length, files.length);
      }));
  }

  test('downloads where another torrent has nothing and rests, or has other files', () =>
    onStage({ content: { files } }, async (stage) => {
      await stage.untilState('downloading');
      await stage.torrent.life.pause();
      const other = stage.add(stranger);
      await other.untilState('downloading');
      const third = stage.add(testTorrent({ files: [70_000], seed: 3, name: 'test-2' }));
      await third.untilState('downloading');
    }));
});

test('a torrent of the same data seeds it beside the other, and leaves it to that one', () =>
  onStage(seeding, async (stage) => {
    await stage.untilState('seeding');
    const other = stage.add(testTorrent({ files, isPrivate: true }));
    await other.untilState('seeding');
    assert.equal(stage.torrent.state.kind, 'seeding');
    const before = bytesOf(stage, 'file-0001');
    await stage.member.session.remove(other.torrent, { deleteData: true });
    assert.deepEqual(bytesOf(stage, 'file-0001'), before);
    await stage.member.session.remove(stage.torrent, { deleteData: true });
    assert.equal(stage.member.files.files.size, 0);
  }));

test('a torrent that has some files in common with another does not write over those that differ', () =>
  onStage(seeding, async (stage) => {
    await stage.untilState('seeding');
    const before = bytesOf(stage, 'file-0001');
    // The same first file; of the second the other torrent has all, and it is not this one's.
    const other = stage.add(testTorrent({ files, changed: 1 }));
    await other.untilState('failed');
    assert.equal(codeOf(other), 'ENGINE_FILES_TAKEN');
    assert.deepEqual(bytesOf(stage, 'file-0001'), before);
    const narrower = stage.add(testTorrent({ files, changed: 1, isPrivate: true }), { select: [0] });
    await honestSeed(narrower);
    await narrower.untilState('seeding');
    await narrower.torrent.wishes.select([0, 1]);
    assert.equal(codeOf(narrower), 'ENGINE_FILES_TAKEN');
    assert.deepEqual(bytesOf(stage, 'file-0001'), before);
  }));

for (const how of ['moved', 'renamed'] as const) {
  test(`a torrent is not ${how} to where another is downloading, though its files are not there yet`, () =>
    onStage({ content: { files } }, async (stage) => {
      await stage.untilState('downloading');
      const other = stage.add(stranger, { directory: '/other' });
      await honestSeed(other);
      await other.untilState('seeding');
      const paths = new Map([[1, ['test-1', 'file-0000']]]);
      const third = stage.add(testTorrent({ files, seed: 3, name: 'test-3' }));
      await honestSeed(third);
      await third.untilState('seeding');
      const refused =
        how === 'moved' ? other.torrent.relocation.move('/downloads') : third.torrent.relocation.setPaths(paths);
      await assert.rejects(refused, { code: 'ENGINE_FILES_TAKEN' });
      assert.equal(stage.member.files.files.has('/downloads/test-1/file-0000'), false);
      assert.equal(other.torrent.data.places.directory, '/other');
    }));
}

test('a torrent that rests and was not checked yet keeps the files of the one that is removed with its data', () =>
  onStage(seeding, async (stage) => {
    await stage.untilState('seeding');
    const before = bytesOf(stage, 'file-0001');
    const other = stage.add(testTorrent({ files, isPrivate: true }), { isPaused: true });
    await other.torrent.life.look();
    const shared = await stage.member.session.remove(stage.torrent, { deleteData: true });
    assert.deepEqual(shared?.holders, [other.torrent]);
    assert.deepEqual(bytesOf(stage, 'file-0001'), before);
    other.torrent.life.start();
    await other.untilState('seeding');
  }));

test('a torrent of one file in the folder of another shares it, leaves it to that one, and does not write over it', () =>
  onStage(seeding, async (stage) => {
    await stage.untilState('seeding');
    const before = bytesOf(stage, 'file-0000');
    const single = { files: files.slice(0, 1), name: 'file-0000' };
    const directory = '/downloads/test-1';
    const other = stage.add(testTorrent(single), { directory });
    await other.untilState('seeding');
    const shared = await stage.member.session.remove(other.torrent, { deleteData: true });
    assert.deepEqual([shared?.files, shared?.holders], [new Set([0]), [stage.torrent]]);
    assert.deepEqual(bytesOf(stage, 'file-0000'), before);
    const unlike = stage.add(testTorrent({ ...single, seed: 2 }), { directory });
    await unlike.untilState('failed');
    assert.equal(codeOf(unlike), 'ENGINE_FILES_TAKEN');
  }));

test('a torrent that is removed with its data leaves the files that another has, and no others', () =>
  onStage(seeding, async (stage) => {
    await stage.untilState('seeding');
    const paths = new Map([[1, ['test-1', 'own']]]);
    const other = stage.add(testTorrent({ files, isPrivate: true }), { paths });
    await honestSeed(other);
    await other.untilState('seeding');
    const before = bytesOf(stage, 'file-0000');
    const shared = await stage.member.session.remove(other.torrent, { deleteData: true });
    assert.deepEqual([shared?.files, shared?.holders], [new Set([0]), [stage.torrent]]);
    assert.deepEqual(bytesOf(stage, 'file-0000'), before);
    const left = [...stage.member.files.files.keys()];
    assert.deepEqual(left.toSorted(), ['/downloads/test-1/file-0000', '/downloads/test-1/file-0001']);
  }));
