/** The version of this package; a test holds it equal to package.json. */
export const version = '0.1.0';

/** How the client calls itself to people and peers. */
export const clientName: string = `DST Torrent ${version}`;
