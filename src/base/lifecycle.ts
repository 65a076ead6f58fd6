/** A part with a beginning and an end. The app keeps an ordered list and stops it in reverse. */
export interface Service {
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}
