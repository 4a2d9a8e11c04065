/** First lines of a `postmaster.pid`: who holds a data directory, or held it when it crashed. */
export type PostmasterPid = { pid: number; dataDirectory: string; startedAt: number; port: number };

/** @returns what the file says, or undefined when it is empty or torn */
export function parsePostmasterPid(text: string): PostmasterPid | undefined {
  const [pid, dataDirectory, startedAt, port] = text.split('\n');
  if (!dataDirectory || !/^-?\d+$/.test(pid ?? '') || !/^\d+$/.test(port ?? '')) return undefined;
  return {
    pid: Math.abs(Number(pid)),
    dataDirectory,
    startedAt: Number(startedAt),
    port: Number(port),
  };
}
