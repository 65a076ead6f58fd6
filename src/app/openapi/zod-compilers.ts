import type { FastifySerializerCompiler, FastifyServerOptions } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';

/** Makes Fastify take schemas of zod. Its own tools, for JSON Schema, are not even loaded then. */
export function zodCompilers<T>(
  serializer: FastifySerializerCompiler<T>,
): NonNullable<FastifyServerOptions['schemaController']> {
  // Fastify's types know schemas of JSON Schema alone.
  const compilersFactory: object = { buildValidator: () => validatorCompiler, buildSerializer: () => serializer };
  return { compilersFactory };
}
