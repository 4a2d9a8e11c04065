/** Partitions handed to this member, per topic. */
export type Assignment = Record<string, number[]>;

/** What a partition holds: `low` is the first offset kept, `high` the next to come. */
export type PartitionOffsets = { partition: number; low: bigint; high: bigint };

/** Of a topic where only the newest matters; partition 0 of watermarks carries two buckets. */
const NEWEST = 2n;

/**
 * Where to start in each partition: a concrete offset that the partition holds. A hint outside of
 * it (truncated, recreated, offsets deleted) means from the start, which costs time and loses
 * nothing, since what was applied is dropped. kafkajs itself would jump silently.
 *
 * @param hints next offset per `topic/partition`, where known
 */
export function startOffsets(
  assignment: Assignment,
  held: Record<string, PartitionOffsets[]>,
  hints: ReadonlyMap<string, bigint>,
  newestOnly: ReadonlySet<string>,
): { topic: string; partition: number; offset: bigint }[] {
  return Object.entries(assignment).flatMap(([topic, partitions]) =>
    partitions.map((partition) => {
      const bounds = held[topic]?.find((offsets) => offsets.partition === partition);
      const { low, high } = bounds ?? { low: 0n, high: 0n };
      if (newestOnly.has(topic)) {
        return { topic, partition, offset: high - NEWEST > low ? high - NEWEST : low };
      }
      const hint = hints.get(`${topic}/${partition}`) ?? -1n;
      return { topic, partition, offset: hint >= low && hint <= high ? hint : low };
    }),
  );
}
