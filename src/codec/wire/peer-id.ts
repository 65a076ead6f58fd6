/** BEP 20 peer ids: ours, and the client's name that others' ids tell. For display only: an id proves nothing. */
import { concat, toBinary, utf8 } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';

/** DST Torrent 0.1.0.0 in Azureus style. */
const ourPrefix = utf8('-DS0100-');

/** A peer id of ours: 20 bytes, 12 of them random. */
export const createPeerId = (random: Random): Uint8Array => concat([ourPrefix, random.bytes(20 - ourPrefix.length)]);

/** Azureus style, `-XX1234-`: the list of BEP 20 and the clients that have come since. */
const azureusStyle: Readonly<Record<string, string>> = {
  '7T': 'aTorrent',
  AG: 'Ares',
  'A~': 'Ares',
  AR: 'Arctic',
  AV: 'Avicora',
  AX: 'BitPump',
  AZ: 'Azureus',
  BB: 'BitBuddy',
  BC: 'BitComet',
  BE: 'baretorrent',
  BF: 'Bitflu',
  BG: 'BTG',
  BI: 'BiglyBT',
  BR: 'BitRocket',
  BS: 'BTSlave',
  BT: 'BitTorrent',
  BW: 'BitWombat',
  BX: 'Bittorrent X',
  CD: 'Enhanced CTorrent',
  CT: 'CTorrent',
  DE: 'Deluge',
  DP: 'Propagate Data Client',
  DS: 'DST Torrent',
  EB: 'EBit',
  ES: 'electric sheep',
  FD: 'Free Download Manager',
  FG: 'FlashGet',
  FL: 'Folx',
  FT: 'FoxTorrent',
  FW: 'FrostWire',
  FX: 'Freebox',
  GS: 'GSTorrent',
  GT: 'anacrolix',
  HL: 'Halite',
  HN: 'Hydranode',
  KG: 'KGet',
  KT: 'KTorrent',
  LH: 'LH-ABC',
  LP: 'Lphant',
  LT: 'libtorrent',
  LW: 'LimeWire',
  lt: 'rTorrent',
  MG: 'MediaGet',
  MO: 'MonoTorrent',
  MP: 'MooPolice',
  MR: 'Miro',
  MT: 'MoonlightTorrent',
  NX: 'Net Transport',
  PD: 'Pando',
  PI: 'PicoTorrent',
  QD: 'QQDownload',
  qB: 'qBittorrent',
  QT: 'Qt 4 Torrent example',
  rQ: 'rqbit',
  RT: 'Retriever',
  RN: 'rain',
  'S~': 'Shareaza beta',
  SB: 'Swiftbit',
  SD: 'Xunlei',
  SS: 'SwarmScope',
  ST: 'SymTorrent',
  st: 'sharktorrent',
  SZ: 'Shareaza',
  TL: 'Tribler',
  TN: 'TorrentDotNET',
  TR: 'Transmission',
  TS: 'Torrentstorm',
  TT: 'TuoTu',
  TX: 'Tixati',
  UL: 'uLeecher!',
  UM: 'µTorrent Mac',
  UT: 'µTorrent',
  UW: 'µTorrent Web',
  VG: 'Vagaa',
  WD: 'WebTorrent Desktop',
  WT: 'BitLet',
  WW: 'WebTorrent',
  WY: 'FireTorrent',
  XL: 'Xunlei',
  XT: 'XanTorrent',
  XX: 'Xtorrent',
  ZT: 'ZipTorrent',
};

/** Shadow's style, `S58B-----`: one letter, up to five characters of version, then dashes. */
const shadowStyle: Readonly<Record<string, string>> = {
  A: 'ABC',
  O: 'Osprey Permaseed',
  Q: 'BTQueue',
  R: 'Tribler',
  S: 'Shadow',
  T: 'BitTornado',
  U: 'UPnP NAT Bit Torrent',
};

const shadowDigits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-';

/**
 * Name and version of the client with this 20-byte id, such as `qBittorrent 4.5.2`, or null when the id follows no
 * known style. The result holds letters, digits and ordinary punctuation only, whatever the id holds.
 */
export function clientName(peerId: Uint8Array): string | null {
  const id = toBinary(peerId);
  return otherName(id) ?? azureusName(id) ?? mainlineName(id) ?? shadowName(id);
}

function azureusName(id: string): string | null {
  const match = /^-(FG|[0-9A-Za-z~]{2}(?=.{4}-))([0-9A-Za-z]{4})/s.exec(id);
  if (match === null) return null;
  const [code, digits] = [match[1] as string, match[2] as string];
  const name = Object.hasOwn(azureusStyle, code) ? (azureusStyle[code] as string) : code;
  return `${name} ${code === 'TR' ? transmissionVersion(digits) : dotted(digits)}`;
}

/** `4520` is 4.5.2: digits up to 36 by letter, zeros at the end dropped down to two places. */
function dotted(digits: string): string {
  const places = Array.from(digits, (digit) => Number.parseInt(digit, 36));
  while (places.length > 2 && places.at(-1) === 0) places.pop();
  return places.join('.');
}

/** Before 4.0 the two digits in the middle are one number: `2940` is 2.94, `3000` is 3.00, `4060` is 4.0.6. */
function transmissionVersion(digits: string): string {
  return /^[0-3]\d{3}$/.test(digits) ? `${digits[0]}.${digits.slice(1, 3)}` : dotted(digits);
}

/** Bram's style: `M4-3-6--`; Queen Bee does the same with a Q. */
function mainlineName(id: string): string | null {
  const match = /^([MQ])(\d{1,3})-(\d{1,3})-(\d{1,3})-/.exec(id);
  if (match === null) return null;
  return `${match[1] === 'M' ? 'BitTorrent' : 'Queen Bee'} ${match.slice(2).join('.')}`;
}

/** Styles that one client has for itself. */
function otherName(id: string): string | null {
  const xbt = /^XBT(\d)(\d)(\d)[d-]-/.exec(id);
  if (xbt !== null) return `XBT Client ${xbt.slice(1).join('.')}`;
  const opera = /^OP(\d{4})/.exec(id);
  if (opera !== null) return `Opera ${opera[1]}`;
  const donkey = /^-ML(\d+(?:\.\d+){1,3})-/.exec(id);
  if (donkey !== null) return `MLdonkey ${donkey[1]}`;
  const aria = /^A2-(\d+)-(\d+)-(\d+)-/.exec(id);
  if (aria !== null) return `aria2 ${aria.slice(1).join('.')}`;
  if (/^(?:exbc|FUTB)/.test(id)) {
    const name = id.startsWith('LORD', 6) ? 'BitLord' : 'BitComet';
    return `${name} ${id.charCodeAt(4)}.${String(id.charCodeAt(5)).padStart(2, '0')}`;
  }
  if (id.startsWith('-BOW')) return 'Bits on Wheels';
  if (id.startsWith('AZ2500BT')) return 'BitTyrant 1.1';
  return null;
}

function shadowName(id: string): string | null {
  const match = /^([AOQRSTU])(?=.{5}---)([0-9A-Za-z.]{1,5})---/s.exec(id);
  if (match === null) return null;
  return `${shadowStyle[match[1] as string]} ${Array.from(match[2] as string, (digit) => shadowDigits.indexOf(digit)).join('.')}`;
}
