/** Fetches a torrent file from a web address that a caller named. Rejects with FETCH_* errors. */
export type TorrentFetch = (url: string) => Promise<Uint8Array>;

export const isWebAddress = (text: string): boolean => /^https?:\/\//i.test(text);
