/** docs/config.md is written from the schema of the configuration, and a test holds both against each other. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientConfig, configPage, describeConfig, trackerConfig } from '../src/app/config/index.ts';

const documentPath: string = join(import.meta.dirname, '..', 'docs', 'config.md');

/** The document that belongs to the schema. */
export const render = (): string =>
  [
    '# Configuration',
    '',
    'A value comes from a flag, else from the environment, else from a file (TOML), else it is the default. What is not valid is',
    'refused with everything that is wrong, and unknown keys are. Sizes may be written as `256M`. A path that is not absolute is',
    'relative to the folder of the file that says it; of a flag or the environment, to where the program runs. Changes of the',
    'file count at once, as a whole or not at all. This file is written by `npm run docs` from the schemas in the source.',
    '',
    '## The daemon',
    '',
    'Its file is `config.toml` in the configuration folder, or what `--config` names. `dst config` shows and changes it; what an',
    'API changes is written into it as well, beside what its author wrote. A key `limits.upload` stands as `upload` in the',
    'section `[limits]`. When the file goes away while the daemon runs, what it said stays in effect, and health tells of it.',
    '',
    configPage(describeConfig(clientConfig)),
    '### The program of `torrents.onComplete`',
    '',
    'It is started without a shell and without arguments when all wanted data of a torrent is there, verified, and at its save',
    'path; four at a time. Its environment is that of the daemon without what begins with `DST_`, and has these facts:',
    '`DST_TORRENT_ID`, `DST_TORRENT_HASH`, `DST_TORRENT_NAME`, `DST_TORRENT_PATH` (the file, or the folder of several),',
    '`DST_TORRENT_SAVE_PATH`, `DST_TORRENT_SIZE` (bytes), `DST_TORRENT_FILES` (how many), `DST_TORRENT_CATEGORY`,',
    '`DST_TORRENT_LABELS` (with commas between), and `DST_TORRENT_TRACKER`. Names are what others have chosen: put `"$DST_TORRENT_NAME"`',
    'in quotes. After ten minutes, and when the daemon ends, it gets SIGTERM, five seconds later SIGKILL: what takes longer it leaves',
    'to another service, such as with `systemd-run`. What it says, and its exit code, are in the log of the daemon. Goals of',
    'seeding wait for it.',
    '',
    '## The tracker',
    '',
    'Its file is what `--config` names. How the keys work together: [tracker.md](tracker.md).',
    '',
    configPage(describeConfig(trackerConfig)),
  ].join('\n');

export const readDocument = (): string => readFileSync(documentPath, 'utf8');

export const writeDocument = (): void => writeFileSync(documentPath, render());
