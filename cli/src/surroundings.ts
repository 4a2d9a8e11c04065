import type { Api } from './api.client.js';
import type { Terminal } from './terminal.process.js';

/** What every command gets. */
export type Surroundings = {
  api: Api;
  terminal: Terminal;
  /** The result as JSON. */
  json: boolean;
  /** Started for this command alone: it has to catch up before it is asked. */
  embedded: boolean;
  pause(ms: number): Promise<void>;
  /** A signal has asked us to end. */
  stopped(): boolean;
};
