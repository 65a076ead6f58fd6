/** What Node has made, as plain bytes over the same memory: a copy would be a second place for a secret to stay in. */
export const plainBytes = ({ buffer, byteOffset, length }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, length);
