/** The DNS record by which a tracker tells clients its ports (BEP 34). */
import { encodeDnsPreferences } from '../../codec/announce/index.ts';

/** Text of the TXT record for a tracker that answers UDP and HTTP on one port. */
export function trackerRecord(port: number): string {
  return encodeDnsPreferences([
    { protocol: 'udp', port },
    { protocol: 'tcp', port },
  ]);
}
