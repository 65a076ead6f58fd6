import type { ErrorEntry } from '../../base/errors.ts';
import type { Fault } from './messages.ts';

/** What a peer can do wrong. These codes travel as `Fault` values; the connection is closed with them. */
export const wireErrors: Readonly<Record<Fault['code'], ErrorEntry>> = {
  WIRE_OVERSIZED: {
    category: 'protocol',
    help: 'The peer announced a message larger than any that the protocol allows. It was disconnected before the message took memory.',
  },
  WIRE_BAD_LENGTH: {
    category: 'protocol',
    help: 'The peer sent a message whose length does not fit its kind. Its client is at fault; it was disconnected.',
  },
  WIRE_BAD_BITFIELD: {
    category: 'protocol',
    help: 'The peer sent a bitfield that does not fit the number of pieces, came at the wrong time or has spare bits set. It was disconnected.',
  },
  WIRE_OUT_OF_RANGE: {
    category: 'protocol',
    help: 'The peer named a piece or a range of bytes that the torrent does not have. It was disconnected.',
  },
  WIRE_UNSOLICITED: {
    category: 'protocol',
    help: 'The peer went on sending data that was not asked for. It was disconnected.',
  },
  WIRE_BAD_EXTENSION: {
    category: 'protocol',
    help: "The peer sent an extension message that cannot be read or breaks its extension's rules. It was disconnected.",
  },
  WIRE_BAD_HASHES: {
    category: 'protocol',
    help: 'The peer sent hashes that do not lead to the root of the file. They were dropped and the peer was disconnected.',
  },
  WIRE_FLOOD: {
    category: 'protocol',
    help: 'The peer sent far more messages or requests than useful work needs. It was disconnected.',
  },
};
