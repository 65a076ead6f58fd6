/** How pages of the API look: those that are text alone. */
export const PAGE_STYLE: string =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;background:#101408;color:#d5e8c5}' +
  'h1,h2{font-weight:600}code,pre{font-family:ui-monospace,monospace;font-size:.9em}pre{overflow:auto;background:#1b2212;padding:.5em}' +
  'summary{cursor:pointer;padding:.2em 0}summary b{display:inline-block;min-width:4.5em}a{color:#9fd46a}.scope{color:#ffb347}';
