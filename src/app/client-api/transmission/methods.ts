/** All methods by name. */
import type { Method } from './method.ts';
import { sessionMethods } from './session-methods.ts';
import { torrentMethods } from './torrent-methods.ts';

export const methods: ReadonlyMap<string, Method> = new Map(Object.entries({ ...torrentMethods, ...sessionMethods }));
