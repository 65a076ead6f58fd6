import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualClock } from '../fakes.test.ts';
import { FolderLooks } from './folder-looks.ts';

/** Folders `/DEVICE/NAME`; those in `silent` do not answer until they are taken out. */
class Drives {
  readonly clock = new ManualClock();
  readonly silent = new Map<string, () => void>();
  readonly asked: string[] = [];
  readonly looks = new FolderLooks({ device: async (path) => Number(path.split('/')[1]) }, this.clock);

  fall(path: string): void {
    this.silent.set(path, () => {});
  }

  async answer(path: string): Promise<void> {
    this.silent.get(path)?.();
    this.silent.delete(path);
    await this.clock.pass(0);
  }

  /** Looks at them in turn, for as long as that is waited for. */
  async look(...paths: string[]): Promise<(string | null)[]> {
    const found: (string | null)[] = [];
    const round = (async () => {
      for (const path of paths) found.push(await this.looks.at(path, () => this.#ask(path)));
    })();
    while (found.length < paths.length) await this.clock.pass(1_000);
    await round;
    return found;
  }

  #ask(path: string): Promise<string> {
    this.asked.push(path);
    return new Promise((resolve) => {
      if (this.silent.has(path)) this.silent.set(path, () => resolve(path));
      else resolve(path);
    });
  }
}

describe('a folder that does not answer', () => {
  test('is waited for once, and looked at again when it has answered', async () => {
    const drives = new Drives();
    drives.fall('/1/a');
    assert.deepEqual(await drives.look('/1/a', '/2/b'), [null, '/2/b']);
    assert.equal(drives.clock.now(), 15_000);
    assert.deepEqual(drives.looks.unanswered, ['/1/a']);
    assert.deepEqual(await drives.look('/1/a', '/2/b'), [null, '/2/b']);
    assert.equal(drives.clock.now() <= 16_000, true);
    assert.deepEqual(drives.asked, ['/1/a', '/2/b', '/2/b']);
    await drives.answer('/1/a');
    assert.deepEqual(await drives.look('/1/a'), ['/1/a']);
    assert.deepEqual(drives.looks.unanswered, []);
  });

  test('stands for all that are known to be on its device', async () => {
    const drives = new Drives();
    assert.deepEqual(await drives.look('/1/a', '/1/b', '/2/c'), ['/1/a', '/1/b', '/2/c']);
    drives.fall('/1/a');
    drives.fall('/1/b');
    assert.deepEqual(await drives.look('/1/a', '/1/b', '/2/c'), [null, null, '/2/c']);
    assert.deepEqual(drives.asked.slice(3), ['/1/a', '/2/c']);
  });

  test('with another one is the last that is looked at, of those of which nothing is known', async () => {
    const drives = new Drives();
    drives.fall('/1/a');
    drives.fall('/2/b');
    assert.deepEqual(await drives.look('/1/a', '/2/b', '/3/c'), [null, null, null]);
    assert.deepEqual(drives.asked, ['/1/a', '/2/b']);
    await drives.answer('/2/b');
    assert.deepEqual(await drives.look('/1/a', '/2/b', '/3/c'), [null, '/2/b', '/3/c']);
  });

  test('does not keep those from being looked at that have answered before, until three hang: a thread is left', async () => {
    const drives = new Drives();
    const all = ['/1/a', '/2/b', '/3/c', '/4/d'];
    await drives.look(...all);
    drives.fall('/1/a');
    drives.fall('/2/b');
    assert.deepEqual(await drives.look(...all), [null, null, '/3/c', '/4/d']);
    drives.fall('/3/c');
    assert.deepEqual(await drives.look(...all), [null, null, null, null]);
  });

  test('may fail in the end, which is nothing to those who did not wait', async () => {
    const { clock, looks } = new Drives();
    const trouble = Promise.withResolvers<string>();
    const looking = looks.at('/1/a', () => trouble.promise);
    await clock.pass(15_000);
    assert.equal(await looking, null);
    trouble.reject(new Error('gone'));
    await clock.pass(0);
    assert.deepEqual(looks.unanswered, []);
    await assert.rejects(
      looks.at('/1/a', async () => Promise.reject(new Error('at once'))),
      /at once/,
    );
  });
});

test('who looks while others look waits for them, and a folder that is only slow counts as one that answers', async () => {
  const { clock, looks } = new Drives();
  const slow = Promise.withResolvers<string>();
  const all = [looks.at('/1/a', () => slow.promise), ...['b', 'c'].map((path) => looks.at(path, async () => path))];
  await clock.pass(10_000);
  assert.deepEqual(looks.unanswered, []);
  slow.resolve('a');
  assert.deepEqual(await Promise.all(all), ['a', 'b', 'c']);
});
