/** Signatures that lie beside the file that they are of. */
import { utf8 } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import type { ByteCount, UnixSeconds } from '../../base/units.ts';
import {
  checkSignedFile,
  decodeSignature,
  decodeTextBlocks,
  encodeTextBlock,
  isFileName,
  signFile,
} from '../../codec/identity/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { checkSigner, type ExpectedSigner, type UnlockedIdentity } from '../keys/index.ts';
import { fileError } from './errors.ts';
import { Beginning, Input } from './input.ts';

export interface ReadOptions {
  readonly onProgress?: (done: ByteCount, total: ByteCount | null) => void;
  readonly signal?: AbortSignal;
}

/** The text of a signature. `name`: of the file; left out when a signature cannot say it. Rejects FILE_UNREADABLE. */
export async function signInput(
  input: Input,
  name: string | null,
  identity: UnlockedIdentity,
  options: ReadOptions,
): Promise<Uint8Array> {
  const file = { ...(await digestOf(input, options)), name: name !== null && isFileName(name) ? name : null };
  const signature = { file, created: systemClock.wall(), identity: identity.publicIdentity };
  return utf8(encodeTextBlock('DST SIGNATURE', signFile(nodePrimitives, signature, identity.signer)));
}

export interface CheckedSignature {
  readonly fingerprint: string;
  /** What the signer calls himself. */
  readonly signer: string | null;
  /** When, and of a file of which name, as the signer says. */
  readonly created: UnixSeconds;
  readonly name: string | null;
}

/** Rejects IDENTITY_*, SIGNATURE_*, FILE_UNREADABLE. */
export async function checkSignature(
  input: Input,
  signaturePath: string,
  expected: ExpectedSigner,
  options: ReadOptions,
): Promise<CheckedSignature> {
  const signature = decodeSignature(nodePrimitives, await signatureBlock(signaturePath));
  const { identity, created, file } = signature;
  checkSigner(expected, identity.fingerprint);
  checkSignedFile(signature, await digestOf(input, options));
  return { fingerprint: identity.fingerprint, signer: identity.name, created, name: file.name };
}

/** Longest signature, bytes of text; one has 15 KiB. */
const LONGEST_SIGNATURE: ByteCount = 64 * 1024;

async function signatureBlock(path: string): Promise<Uint8Array> {
  await using input = await Input.open(path);
  const text = await new Beginning(input.blocks()).peek(LONGEST_SIGNATURE);
  const [block, ...more] = text.length < LONGEST_SIGNATURE ? decodeTextBlocks(text) : [];
  if (block?.label === 'DST SIGNATURE' && more.length === 0) return block.bytes;
  throw fileError('FILE_KIND', `${path} is not a signature of this program`);
}

async function digestOf(
  input: Input,
  { onProgress, signal }: ReadOptions,
): Promise<{ readonly digest: Uint8Array; readonly length: ByteCount }> {
  const hasher = nodePrimitives.hasher('sha512');
  let length: ByteCount = 0;
  for await (const block of input.blocks(signal)) {
    hasher.update(block);
    length += block.length;
    onProgress?.(length, input.length);
  }
  return { digest: hasher.digest(), length };
}
