/**
 * Test support: texts with which strangers would have a script run in the page of who looks at them: each way to run one
 * behind each way out of the place where a page may put a text.
 */

const breakouts = ['', '">', "'>", '`>', '-->', '</title>', '</textarea>', '</script>', '"', "'"] as const;
const scripts = [
  '<script>alert(1)</script>',
  '<ScRiPt>alert(1)</sCrIpT>',
  '<img src=x onerror=alert(1)>',
  '<img/src=x/onerror=alert(1)>',
  '/onmouseover=alert(1)//',
  '<svg onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
  '<svg><a href=javascript:alert(1)><text>x</text></a>',
  '<body onload=alert(1)>',
  '<details open ontoggle=alert(1)>x</details>',
  '<video src=x onerror=alert(1)></video>',
  '<audio src=x onerror=alert(1)></audio>',
  '<video><source onerror=alert(1)></video>',
  '<input autofocus onfocus=alert(1)>',
  '<select autofocus onfocus=alert(1)></select>',
  '<marquee onstart=alert(1)>x</marquee>',
  '<iframe src=javascript:parent.alert(1)></iframe>',
  '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
  '<object data=javascript:alert(1)></object>',
  '<form><button formaction=javascript:alert(1)>x</button></form>',
  '<a href=javascript:alert(1)>x</a>',
  '<style onload=alert(1)></style>',
  '<math><mi xlink:href=javascript:alert(1)>x</mi></math>',
  ' onmouseover=alert(1) tabindex=0 autofocus onfocus=alert(1) x=',
  'javascript:alert(1)',
  '{{constructor.constructor`alert(1)`()}}',
  `\${alert(1)}`,
  '&lt;img src=x onerror=alert(1)&gt;',
  '\r\n\r\n<script>alert(1)</script>',
] as const;

/** 300 of them. */
export const scriptPayloads: readonly string[] = scripts.flatMap((script) => breakouts.map((out) => out + script));
