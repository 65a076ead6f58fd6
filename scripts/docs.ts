/** `npm run docs`: writes the documents that follow from the source. */
import { writeDocument as writeConfig } from './config-docs.ts';
import { writeDocument as writeErrors } from './error-docs.ts';

writeConfig();
await writeErrors();
