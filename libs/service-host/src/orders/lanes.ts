/**
 * Runs work side by side, but for what is of one lane: that is done in its order.
 *
 * @param lanes one per piece of work; undefined: a lane of its own
 * @param most pieces of work at a time
 * @throws the first failure, when nothing runs any more
 */
export async function inLanes(
  lanes: readonly (string | undefined)[],
  most: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  const queues = new Map<string | number, number[]>();
  lanes.forEach((lane, index) => {
    const queue = queues.get(lane ?? index);
    if (queue) queue.push(index);
    else queues.set(lane ?? index, [index]);
  });
  const waiting = [...queues.values()].values();
  const worker = async () => {
    for (const queue of waiting) for (const index of queue) await work(index);
  };
  const workers = await Promise.allSettled(Array.from({ length: most }, worker));
  const failed = workers.find((settled) => settled.status === 'rejected');
  if (failed) throw failed.reason;
}
