/** docs/config.md is written from the schema of the configuration, and a test holds both against each other. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configPage, describeConfig, trackerConfig } from '../src/app/config/index.ts';

const documentPath: string = join(import.meta.dirname, '..', 'docs', 'config.md');

/** The document that belongs to the schema. */
export const render = (): string =>
  [
    '# Configuration of the tracker',
    '',
    'A value comes from a flag, else from the environment, else from the file that `--config` names (TOML), else it is the',
    'default. What is not valid is refused with everything that is wrong, and unknown keys are. Sizes may be written as `256M`.',
    'How they work together: [tracker.md](tracker.md). This file is written by `npm run docs` from the schema in the source.',
    '',
    configPage(describeConfig(trackerConfig)),
  ].join('\n');

export const readDocument = (): string => readFileSync(documentPath, 'utf8');

export const writeDocument = (): void => writeFileSync(documentPath, render());
