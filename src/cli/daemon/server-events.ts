/** Reads a stream of server-sent events (WHATWG HTML §9.2.6). */

export interface ServerEvent {
  readonly id: string;
  readonly name: string;
  readonly data: string;
}

/** Longest event that is taken, characters. */
const LONGEST = 1024 * 1024;

export async function* readEvents(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true }).replaceAll('\r\n', '\n');
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const event = parseEvent(rest.slice(0, end));
      rest = rest.slice(end + 2);
      if (event !== null) yield event;
    }
    if (rest.length > LONGEST) throw new RangeError('an event is too long');
  }
}

/** Null for a comment, which keeps the connection alive. */
function parseEvent(block: string): ServerEvent | null {
  const fields = new Map<string, string[]>();
  for (const line of block.split('\n')) {
    if (line.startsWith(':')) continue;
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  const data = fields.get('data');
  if (data === undefined) return null;
  return { id: fields.get('id')?.at(-1) ?? '', name: fields.get('event')?.at(-1) ?? 'message', data: data.join('\n') };
}
