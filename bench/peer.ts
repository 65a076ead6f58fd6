/**
 * A peer for benchmark harnesses: one session driven by JSON lines. Reads {"cmd":"add","torrent","dir","peer","seed"}
 * and {"cmd":"quit"} on stdin; prints {"ev":"up"} once it listens and {"ev":"done","n"} when a torrent is complete.
 * Usage: node bench/peer.ts IP PORT [OPTIONS as JSON]; `enc` wants every connection encrypted (MSE).
 */
import { createInterface } from 'node:readline';
import { enableCompileCache } from 'node:module';

interface Add {
  readonly cmd: 'add' | 'quit';
  readonly torrent: string;
  readonly dir: string;
  readonly peer: [string, number] | null;
  readonly seed: boolean;
}

// Compiled code is kept between runs, as in the installed program: otherwise each start strips the types anew.
enableCompileCache();
const { importCompiled, tuneRuntime } = await import('../src/app/runtime/index.ts');
const { createSession } = await importCompiled(() => import('../src/index.ts'));
tuneRuntime();

const [ip = '127.0.0.1', port = '0', options = '{}'] = process.argv.slice(2);
const { enc: isEncrypted = false } = JSON.parse(options) as { readonly enc?: boolean };
const emit = (event: object): boolean => process.stdout.write(`${JSON.stringify(event)}\n`);

const session = await createSession({
  bind: [ip],
  port: Number(port),
  stateDirectory: `${process.env.HOME ?? '/tmp'}/state`,
  uploadSlots: 100,
  encryption: isEncrypted ? 'required' : 'plaintext',
});
emit({ ev: 'up' });
let complete = 0;

async function add({ torrent: source, dir, peer, seed }: Add): Promise<void> {
  const peers = peer === null ? [] : [{ host: peer[0], port: peer[1] }];
  const torrent = await session.add(source, { directory: dir, isSeedOnly: seed, peers });
  await torrent.completed();
  emit({ ev: 'done', n: ++complete });
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Add;
  if (command.cmd === 'quit') break;
  add(command).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
}
process.exit(0);
