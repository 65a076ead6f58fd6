/** How an API describes itself as OpenAPI 3.1, from the schemas of its routes. */
import type { FastifyDynamicSwaggerOptions, SwaggerTransformObject } from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { version } from '../../base/version.ts';

/** Named schemas are made for what comes in too; nothing that comes in has a name, so those are left out. */
const transformObject: SwaggerTransformObject = (document) => {
  const { components, ...rest } = jsonSchemaTransformObject(document) as { components: { schemas: object } };
  const named = Object.entries(components.schemas).filter(([name]) => !name.endsWith('Input'));
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
  transform: jsonSchemaTransform,
  transformObject,
});
