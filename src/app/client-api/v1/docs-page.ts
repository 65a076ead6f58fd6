/** The description of the API as a page for people: plain HTML without scripts, every value escaped. */
import { escapeHtml, pagePolicy } from '../../http-api/index.ts';
import { PAGE_STYLE } from '../page-style.ts';

export const DOCS_POLICY: string = pagePolicy(PAGE_STYLE);

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
    readonly required?: boolean;
  }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: unknown }>> };
  readonly responses?: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: unknown }>> }>
  >;
}

export interface Description {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

export function docsPage({ info, paths = {}, components }: Description): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const byTag = Map.groupBy(operations, ({ operation }) => operation.tags?.[0] ?? '');
  const sections = [...byTag].map(
    ([tag, entries]) =>
      `<h2 id="${escapeHtml(tag)}">${escapeHtml(tag)}</h2>${entries.map(({ path, method, operation }) => section(path, method, operation)).join('')}`,
  );
  const schemas = Object.entries(components?.schemas ?? {}).map(
    ([name, schema]) => `<details><summary>${escapeHtml(name)}</summary>${json(schema)}</details>`,
  );
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(info.title)}</title>` +
    `<style>${PAGE_STYLE}</style><h1>${escapeHtml(`${info.title} ${info.version}`)}</h1><p>${escapeHtml(info.description ?? '')}</p>` +
    `<p><a href="openapi.json">openapi.json</a></p>${sections.join('')}<h2>Schemas</h2>${schemas.join('')}</html>\n`
  );
}

function section(
  path: string,
  method: string,
  { summary = '', security = [], parameters = [], ...rest }: Operation,
): string {
  const scope = Object.values(security[0] ?? {})[0]?.[0] ?? 'anyone';
  const rows = parameters.map(
    ({ name, in: place, description = '', required = false }) =>
      `<li><code>${escapeHtml(name)}</code> (${escapeHtml(place)}${required ? ', required' : ''}) ${escapeHtml(description)}</li>`,
  );
  const bodies = Object.entries(rest.requestBody?.content ?? {}).slice(0, 1);
  const answers = Object.entries(rest.responses ?? {}).filter(([status]) => status !== 'default');
  return (
    `<details><summary><b>${escapeHtml(method.toUpperCase())}</b> <code>${escapeHtml(path)}</code> ${escapeHtml(summary)} <span class="scope">${escapeHtml(scope)}</span></summary>` +
    (rows.length > 0 ? `<ul>${rows.join('')}</ul>` : '') +
    bodies.map(([type, { schema }]) => `<p>Body, ${escapeHtml(type)}</p>${json(schema)}`).join('') +
    answers
      .map(
        ([status, { content = {} }]) =>
          `<p>Answer ${escapeHtml(status)}</p>${json(Object.values(content)[0]?.schema ?? null)}`,
      )
      .join('') +
    '</details>'
  );
}

const json = (value: unknown): string => `<pre>${escapeHtml(JSON.stringify(value ?? null, null, 1))}</pre>`;
