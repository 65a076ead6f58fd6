/** What a request says: in its address, or in a form of either kind. */
import type { Multipart } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { messageOf } from '../../../base/errors.ts';
import type { ByteCount } from '../../../base/units.ts';
import { problemOf } from '../../http-api/index.ts';
import { ApiFault, badParams } from './api-fault.ts';
import type { Call, UploadedFile } from './endpoint.ts';

/** All files of a form. */
const LARGEST_UPLOAD: ByteCount = 64 * 1024 * 1024;

type Asked = Pick<Call, 'params' | 'files'>;

interface FormLimits {
  readonly files?: number;
  readonly fields?: number;
  readonly fieldSize?: ByteCount;
}

/** `limits`: of a form of several parts, less than what the route takes; null: it takes none. Rejects ApiFault. */
export async function readRequest(request: FastifyRequest, limits: FormLimits | null): Promise<Asked> {
  if (request.method !== 'POST') {
    const at = request.url.indexOf('?');
    return { params: new URLSearchParams(at < 0 ? '' : request.url.slice(at)), files: [] };
  }
  if (request.isMultipart()) {
    if (limits === null) throw new ApiFault(415, 'This takes no multipart form');
    return await readForm(request, limits);
  }
  return { params: new URLSearchParams(typeof request.body === 'string' ? request.body : ''), files: [] };
}

async function readForm(request: FastifyRequest, limits: FormLimits): Promise<Asked> {
  try {
    return await readParts(request.parts({ limits }));
  } catch (error) {
    // What reads forms has no status for those that are broken, or broken off.
    const isKnown = error instanceof ApiFault || problemOf(error).status !== 500;
    throw isKnown ? error : badParams(`The form is broken: ${messageOf(error)}`);
  }
}

async function readParts(parts: AsyncIterable<Multipart>): Promise<Asked> {
  const params = new URLSearchParams();
  const files: UploadedFile[] = [];
  let size: ByteCount = 0;
  for await (const part of parts) {
    if (part.type === 'file') {
      const bytes = new Uint8Array(await part.toBuffer());
      size += bytes.length;
      if (size > LARGEST_UPLOAD) throw new ApiFault(413, 'The files are too large together');
      files.push({ name: part.filename, bytes });
    } else if (part.valueTruncated) throw new ApiFault(413, `${part.fieldname} is too long`);
    else params.set(part.fieldname, String(part.value));
  }
  return { params, files };
}
