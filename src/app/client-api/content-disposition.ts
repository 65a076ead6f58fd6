/**
 * The header Content-Disposition (RFC 6266): what a file is to be called. The name goes in twice: in ASCII for old
 * programs, and encoded (RFC 8187) for all others; neither form can end the header.
 */

export const attachment = (name: string): string => disposition('attachment', name);
export const inline = (name: string): string => disposition('inline', name);

function disposition(type: 'attachment' | 'inline', name: string): string {
  // Halves of characters cannot be encoded.
  const whole = name.toWellFormed();
  const ascii = whole.replaceAll(/[^\x20-\x7e]|["\\%/]/g, '_');
  const encoded = encodeURIComponent(whole).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
  return `${type}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
