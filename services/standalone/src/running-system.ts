import type { ServiceName } from '@writ/service-host';

/** One service of a running system, as tests and operators handle it. */
export type RunningService = {
  /** Its own origin; in one process that of all. */
  url: string;
  /** Of its process; undefined while it does not run. */
  pid(): number | undefined;
  /**
   * Over Kafka: that signal to its process, resolved when it has ended (SIGSTOP: at once). In one
   * process: the service stops consuming and answers 503.
   */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Resolves when it is ready again. */
  start(): Promise<void>;
};

/** A Postgres that tests may stop and start; undefined members when it is not ours. */
export type RunningPostgres = {
  /** Superuser's connection string, database `postgres`. */
  adminUrl: string;
  dataDirectory?: string;
  kill?(signal: NodeJS.Signals): Promise<void>;
  /** On the same port and data. */
  start?(): Promise<void>;
};

/** The whole system behind one origin, however many processes it is. */
export type RunningSystem = {
  url: string;
  transport: 'embedded' | 'kafka';
  services: Readonly<Record<ServiceName, RunningService>>;
  postgres: RunningPostgres;
  kafka?: {
    brokers: string[];
    from: string;
    /** A broker of our own only. */
    stop?(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
    start?(): Promise<void>;
    /** Java class path of Kafka's own tools, where known. */
    classPath?: string;
  };
  /** Connection strings per service and role: for looking into tables from outside. */
  databases: Readonly<Record<ServiceName, { owner: string; writer: string; reader: string }>>;
  dataFolder: string;
  /** Where processes write their logs; in one process that is its own stderr. */
  logFiles: readonly string[];
  stop(): Promise<void>;
};

export type SystemOptions = {
  /** Kept; absent: a temporary one, removed by `stop`. */
  dataFolder?: string;
  /** Of the one origin; 0 (the default) takes a free one. */
  port?: number;
  /** Address to listen on; another than loopback needs `insecureBind`. Default 127.0.0.1. */
  host?: string;
  insecureBind?: boolean;
  /** The data folder is (or becomes) a sandbox: its clock may be ahead of the database's. */
  sandbox?: boolean;
  /** A sandbox with a clock that is told to move on; in one process only. */
  clock?: boolean;
  /** A superuser's connection string of a Postgres of yours; absent: an embedded one. */
  postgresUrl?: string;
  /** Off only in tests. */
  fsync?: boolean;
  logLevel?: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';
  /** One process: its log goes to `logs` in the data folder, not to stderr. */
  logToFolder?: boolean;
  /** Told what is being done, one line each. */
  note?: (line: string) => void;
  /** Ends the embedded Postgres when this process is gone, however: for test runners. */
  endWith?: number;
};
