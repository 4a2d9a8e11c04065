/** Resolves after that time. */
export function waitMs(ms: number): Promise<void> {
  return new Promise((go) => setTimeout(go, ms));
}

/** Asks again every `everyMs` until it is so. @throws Error after `atMostMs` */
export async function until(
  what: string,
  isSo: () => Promise<boolean>,
  { everyMs = 100, atMostMs = 600_000 } = {},
): Promise<void> {
  const deadline = performance.now() + atMostMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`gave up waiting: ${what}`);
    await waitMs(everyMs);
  }
}
