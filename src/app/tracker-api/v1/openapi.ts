/** The API's description of itself, as OpenAPI 3.1, from the schemas of its routes. */
import type { FastifyDynamicSwaggerOptions, SwaggerTransformObject } from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { version } from '../../../base/version.ts';

/** Named schemas are made for what comes in too; nothing that comes in has a name, so those are left out. */
const transformObject: SwaggerTransformObject = (document) => {
  const { components, ...rest } = jsonSchemaTransformObject(document) as { components: { schemas: object } };
  const named = Object.entries(components.schemas).filter(([name]) => !name.endsWith('Input'));
  return { ...rest, components: { ...components, schemas: Object.fromEntries(named) } };
};

export const openApi: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'DST Torrent tracker',
      version,
      description: 'Administration of a tracker. Errors are problem details (RFC 9457) with a stable `code`.',
    },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'made by `dst tracker token`' } },
    },
  },
  transform: jsonSchemaTransform,
  transformObject,
};
