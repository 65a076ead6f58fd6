/** `npm run docs`: writes the documents that follow from the source. */
import { writeDocuments as writeClient } from './client-docs.ts';
import { writeDocument as writeConfig } from './config-docs.ts';
import { writeDocument as writeErrors } from './error-docs.ts';

writeClient();
writeConfig();
await writeErrors();
