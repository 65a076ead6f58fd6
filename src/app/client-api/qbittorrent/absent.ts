/**
 * What a qBittorrent has and this client has not: feeds, searches, cookies for downloads, and a store for its clients.
 * Who looks finds nothing, as after an installation; who wants to have something is refused.
 */
import { conflict } from './api-fault.ts';
import { changes, type Endpoint, type Endpoints, reads } from './endpoint.ts';
import { required } from './params.ts';

const emptyObject = reads(() => ({}));
const emptyList = reads(() => []);
const refused = (what: string): Endpoint =>
  changes(() => {
    throw conflict(`This client has no ${what}`);
  });
const [noFeeds, noSearches] = [refused('feeds'), refused('searches')];

export const absentEndpoints: Endpoints = {
  'app/cookies': reads(() => [], 'admin'),
  'app/setCookies': changes(({ params }) => {
    if (required(params, 'cookies').trim() !== '[]') throw conflict('This client keeps no cookies');
  }, 'admin'),
  'clientdata/load': emptyObject,
  'clientdata/store': refused('store for its clients'),
  'rss/addFeed': noFeeds,
  'rss/addFolder': noFeeds,
  'rss/cloneRule': noFeeds,
  'rss/items': emptyObject,
  'rss/matchingArticles': emptyObject,
  // There is no such rule afterwards.
  'rss/removeRule': changes(({ params }) => void required(params, 'ruleName')),
  'rss/rules': emptyObject,
  'rss/setRule': noFeeds,
  'search/installPlugin': noSearches,
  'search/plugins': emptyList,
  'search/start': noSearches,
  'search/status': emptyList,
};
