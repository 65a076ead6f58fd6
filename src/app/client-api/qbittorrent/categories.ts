/** Categories and tags; tags are our labels. */
import type { Category } from '../../client/index.ts';
import { eachTorrent } from '../each-torrent.ts';
import { badParams, conflict } from './api-fault.ts';
import { type Call, changes, type Endpoints, reads } from './endpoint.ts';
import { parts, required, text } from './params.ts';
import { onEach, torrentsOf } from './select-torrents.ts';

export const categoriesOf = (categories: readonly Category[]): Record<string, object> =>
  Object.fromEntries(categories.map(({ name, savePath }) => [name, { name, savePath }]));

const put = (isNew: boolean) =>
  changes(async ({ client: { categories }, params }: Call) => {
    const name = required(params, 'category');
    if (name === '') throw badParams('Category cannot be empty');
    if ((categories.find(name) === null) !== isNew) {
      throw conflict(isNew ? 'Unable to create category: there is one already' : 'Unable to edit category');
    }
    await categories.put({ name, savePath: text(params, 'savePath') ?? '' });
  });

const tagsIn = ({ params }: Call): string[] => parts(required(params, 'tags'), ',');

/** They are kept until they are deleted, also when no torrent has them any more, as by the original. */
async function addTags(call: Call): Promise<void> {
  const [torrents, tags] = [torrentsOf(call), tagsIn(call)];
  if (torrents.length > 0) await call.client.categories.addLabels(tags);
  await eachTorrent(torrents, (torrent) =>
    torrent.change(({ labels }) => ({ labels: [...new Set([...labels, ...tags])] })),
  );
}

export const categoryEndpoints: Endpoints = {
  'torrents/addTags': changes(addTags),
  'torrents/categories': reads(({ client }) => categoriesOf(client.categories.all())),
  'torrents/createCategory': put(true),
  'torrents/createTags': changes((call) => call.client.categories.addLabels(tagsIn(call))),
  'torrents/deleteTags': changes((call) => call.client.categories.removeLabels(tagsIn(call))),
  'torrents/editCategory': put(false),
  'torrents/removeCategories': changes(({ client, params }) =>
    client.categories.remove(parts(required(params, 'categories'), '\n')),
  ),
  // Without tags, all of them.
  'torrents/removeTags': onEach(async (torrent, { params }) => {
    const gone = parts(text(params, 'tags') ?? '', ',');
    await torrent.change(({ labels }) => ({
      labels: gone.length === 0 ? [] : labels.filter((label) => !gone.includes(label)),
    }));
  }),
  'torrents/tags': reads(({ client }) => [...client.categories.labels()]),
};
