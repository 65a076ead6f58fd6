/** Door of the client: its ports, and what implements them. */
export type { Categories, Category } from './categories.ts';
export type { Client, ClientStats, HealthChecks, Totals } from './client.ts';
export { type ClientDeps, ClientService } from './client-service.ts';
export type { Diagnosis, Finding } from './diagnosis.ts';
export { type FindingCode, type FindingText, findingTexts } from './diagnosis/finding-texts.ts';
export type { Engine } from './engine-port.ts';
export { clientError, clientErrors } from './errors.ts';
export type { ClientEvent, ClientEvents, EventLog, EventName } from './event-log.ts';
export { EventHistory, type EventSink } from './events/event-history.ts';
export { type EventTexts, eventTexts } from './events/event-texts.ts';
export { hashOf } from './library/open-source.ts';
export { isAnythingThere } from './library/present-data.ts';
export type { Settings, SettingsChange, SettingsPlaces } from './settings.ts';
export { defaultTorrentSettings, type Goal, type SeedGoals, type TorrentSettings } from './torrent-settings.ts';
export {
  type FileView,
  type PeerView,
  type Problem,
  type TorrentView,
  type TrackerView,
  type ViewState,
  viewStates,
} from './torrent-view.ts';
export type {
  Added,
  FileReader,
  ManagedTorrent,
  NewTorrent,
  NewTorrentSource,
  PieceMap,
  QueueMove,
  RefusedPeer,
  Revision,
  TorrentChanges,
  Torrents,
} from './torrents.ts';
export { RunTotals } from './totals/run-totals.ts';
export type { NewWebhook, Webhook, Webhooks } from './webhooks.ts';
export { isEventPattern } from './webhooks/event-pattern.ts';
