/** How an API describes itself as OpenAPI 3.1, from the schemas of its routes. */
import type { FastifyDynamicSwaggerOptions, SwaggerTransform, SwaggerTransformObject } from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { version } from '../../base/version.ts';

/** Marks an operation whose body may be left out, until the document is whole. */
const BODY_OPTIONAL = 'x-body-optional';

/** What a route may say of its body beside what Fastify knows. */
interface BodySchemas {
  readonly body?: z.ZodType;
  readonly consumes?: readonly string[];
  /** Of a body that comes as a form; default: the same as of JSON. */
  readonly form?: z.ZodType;
}

/** Of a body that comes as several media types those that are neither JSON nor a form are bytes. */
const transform: SwaggerTransform = (route) => {
  const { schema, url } = jsonSchemaTransform(route);
  const { body, form, consumes = [] } = (route.schema ?? {}) as BodySchemas;
  if (schema === undefined || body === undefined) return { schema, url };
  const contentOf = (type: string): object => {
    if (form !== undefined && type === 'multipart/form-data') return z.toJSONSchema(form, { io: 'input' });
    return /json|form-data/.test(type) ? (schema['body'] as object) : { description: 'the content itself' };
  };
  const content = Object.fromEntries(consumes.map((type) => [type, { schema: contentOf(type) }]));
  return {
    schema: {
      ...schema,
      ...(consumes.length > 1 && { body: { content } }),
      ...(body.safeParse(undefined).success && { [BODY_OPTIONAL]: true }),
    },
    url,
  };
};

interface Document {
  readonly components: { readonly schemas: object };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  [BODY_OPTIONAL]?: boolean;
  requestBody?: { required?: boolean };
}

/** Named schemas are made for what comes in too; nothing that comes in has a name, so those are left out. */
const transformObject: SwaggerTransformObject = (document) => {
  const { components, ...rest } = jsonSchemaTransformObject(document) as Document;
  const named = Object.entries(components.schemas).filter(([name]) => !name.endsWith('Input'));
  for (const operation of Object.values(rest.paths ?? {}).flatMap((path) => Object.values(path))) {
    if (operation[BODY_OPTIONAL] !== true) continue;
    delete operation[BODY_OPTIONAL];
    operation.requestBody = { ...operation.requestBody, required: false };
  }
  return { ...rest, components: { ...components, schemas: Object.fromEntries(named) } };
};

export interface ApiDescription {
  readonly title: string;
  readonly description: string;
  /** Ways to say who asks, by the names that routes have in `security`. */
  readonly securitySchemes: NonNullable<
    NonNullable<FastifyDynamicSwaggerOptions['openapi']>['components']
  >['securitySchemes'];
}

/** Options of @fastify/swagger. */
export const openApi = ({ title, description, securitySchemes }: ApiDescription): FastifyDynamicSwaggerOptions => ({
  openapi: {
    openapi: '3.1.0',
    info: { title, version, description },
    components: { ...(securitySchemes !== undefined && { securitySchemes }) },
  },
  transform,
  transformObject,
});
