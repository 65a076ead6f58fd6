/**
 * What a tracker counts by itself while others share its swarms: the peers that it has let in of each address, and the
 * finished downloads. These go from its table into the database like those of its own swarms, and only what is stored
 * there is told: it is the same number for all trackers of one database, and does not go backwards when Redis is lost.
 */
import type { AnnounceCall, SwarmCounts, SwarmTable } from '../../../tracker/index.ts';
import type { PeerPresence } from './peer-presence.ts';
import { AnswerMark } from './swarm-script.ts';

export class OwnCounts {
  readonly #table: SwarmTable;
  readonly #presence: PeerPresence;

  constructor(table: SwarmTable, presence: PeerPresence) {
    this.#table = table;
    this.#presence = presence;
  }

  /**
   * Whether a peer may join the swarm if it is not in there. It is counted at once, so that no address gets past its
   * limit with announces that are under way; `answered` or `unanswered` follows.
   */
  take(call: AnnounceCall): boolean {
    const { lifetime, peersPerAddress } = this.#table.options;
    this.#presence.enterSpan(call.now, lifetime);
    return call.event === 'stopped' || this.#presence.take(this.#table.hashHost(call), peersPerAddress);
  }

  /** The script has answered, with marks of what happened. `wasTaken` is what `take` said. */
  answered(call: AnnounceCall, marks: number, wasTaken: boolean): void {
    const [table, presence] = [this.#table, this.#presence];
    const [host, peer] = [table.hashHost(call), table.hashPeer(call)];
    if (call.event === 'stopped') {
      if ((marks & AnswerMark.left) !== 0) presence.left(host, peer);
    } else if ((marks & AnswerMark.arrived) !== 0) {
      presence.arrived(host, peer);
    } else {
      if (wasTaken) presence.giveBack(host);
      if ((marks & AnswerMark.refused) === 0) presence.stayed(host, peer);
    }
    if ((marks & AnswerMark.finished) !== 0) table.countFinished(call.infoHash, call.now);
    table.addWeb(call);
  }

  /** The script's answer did not come. */
  unanswered(call: AnnounceCall, wasTaken: boolean): void {
    if (wasTaken && call.event !== 'stopped') this.#presence.giveBack(this.#table.hashHost(call));
  }

  /** The script has given the counts of a swarm. */
  scraped(infoHash: Int32Array, counts: SwarmCounts): void {
    this.#table.addWebCounts(infoHash, counts);
  }
}
