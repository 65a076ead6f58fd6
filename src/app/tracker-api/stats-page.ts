/** The tracker's numbers as a small page for people: plain HTML without scripts, every value escaped. */
import type { ByteCount } from '../../base/units.ts';
import { clientName } from '../../base/version.ts';
import { escapeHtml, pagePolicy } from '../http-api/index.ts';
import type { TrackerStatus } from './service.ts';
import { FAILURES } from './status-view.ts';

const STYLE =
  'body{font:16px/1.5 monospace;max-width:40em;margin:2em auto;padding:0 1em;background:#101408;color:#b8d8a0}' +
  'h1{font-size:1.2em;border-bottom:3px double}td{padding:0 1em 0 0}td+td{text-align:right}.bad{color:#ffb347}';

export const PAGE_POLICY: string = pagePolicy(STYLE);

export function statsPage({ use, counters, uptime, problems, interval, threads }: TrackerStatus): string {
  const busiest = Math.max(0, ...threads.map((thread) => thread?.busy ?? 0));
  const mebibytes = (bytes: ByteCount): number => Math.ceil(bytes / 1024 / 1024);
  const rows: [name: string, ...values: number[]][] = [
    ['swarms', use.swarms],
    ['peers, IPv4', use.peers4],
    ['peers, IPv6', use.peers6],
    ['peers, WebSocket', use.webPeers],
    ['peers of accounts', use.sessions],
    ['announces over UDP', counters.udpAnnounces],
    ['announces over HTTP', counters.httpAnnounces],
    ['announces over WebSocket', counters.webAnnounces],
    ['scrapes', counters.udpScrapes + counters.httpScrapes + counters.webScrapes],
    ['announces and scrapes refused', FAILURES.reduce((sum, [, counter]) => sum + counters[counter], 0)],
    ['of these, asked too often', counters.limited],
    ['seconds between two announces', interval],
    ['work of the busiest thread, %', Math.round(100 * busiest)],
    ['memory of swarms and peers, MiB', mebibytes(use.used), mebibytes(use.capacity)],
    ['minutes since the start', Math.floor(uptime / 60)],
  ];
  const table = rows
    .map(([name, ...values]) => {
      const words = values.map((value) => value.toLocaleString('en')).join(' of ');
      return `<tr><td>${name}</td><td>${words}</td></tr>`;
    })
    .join('');
  const state =
    problems.length === 0
      ? '<p>All is well.</p>'
      : problems.map((problem) => `<p class="bad">degraded: ${escapeHtml(problem)}</p>`).join('');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tracker</title><style>${STYLE}</style><h1>${escapeHtml(clientName)} tracker</h1>${state}<table>${table}</table></html>\n`;
}
