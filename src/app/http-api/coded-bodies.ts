/** No API takes a compressed body: it is refused, and not read as if it were none (RFC 9110, 8.4 and 15.5.16). */
import type { FastifyInstance } from 'fastify';
import { apiError } from './errors.ts';

/** Refuses them for all routes, once it is known who asks. */
export function refuseCodedBodies(app: FastifyInstance): void {
  app.addHook('preParsing', ({ headers: { 'content-encoding': coding = 'identity' } }, reply, payload, done) => {
    if (/^(?:identity)?$/i.test(coding)) {
      done(null, payload);
      return;
    }
    void reply.header('accept-encoding', 'identity');
    done(apiError('API_MEDIA_TYPE', 'the body has to be sent as it is, without a Content-Encoding'));
  });
}
