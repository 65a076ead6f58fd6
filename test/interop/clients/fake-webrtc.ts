/**
 * What simple-peer needs of WebRTC to make offers and answers, and nothing more: no session is ever opened. So the real
 * client of bittorrent-tracker runs where there is no WebRTC.
 */
interface Description {
  readonly type: string;
  sdp: string;
}

let made = 0;

export class RTCPeerConnection {
  localDescription: Description | null = null;
  remoteDescription: Description | null = null;
  readonly iceConnectionState = 'new';
  readonly iceGatheringState = 'complete';
  onicecandidate: (event: { candidate: null }) => void = () => {};

  createDataChannel(label: string): object {
    return { label, readyState: 'connecting', close: () => {} };
  }

  async createOffer(): Promise<Description> {
    return { type: 'offer', sdp: `offer ${++made}` };
  }

  async createAnswer(): Promise<Description> {
    return { type: 'answer', sdp: `answer to ${this.remoteDescription?.sdp}` };
  }

  async setLocalDescription(description: Description): Promise<void> {
    this.localDescription = description;
    queueMicrotask(() => queueMicrotask(() => this.onicecandidate({ candidate: null })));
  }

  async setRemoteDescription(description: Description): Promise<void> {
    this.remoteDescription = description;
  }

  close(): void {}
}

export class RTCSessionDescription implements Description {
  readonly type: string;
  sdp: string;

  constructor({ type, sdp }: Description) {
    this.type = type;
    this.sdp = sdp;
  }
}

export const RTCIceCandidate: unknown = Object; // made for candidates only, which do not come here
