import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';

/**
 * Partition n of every topic goes to the same member: a bucket's facts of all ledgers, and its
 * watermarks, meet in one process. One-partition topics go where partition 0 goes.
 */
export const sameBucketAssigner: PartitionAssigner = ({ cluster }) => {
  const name = 'WritSameBucket';
  const version = 1;
  return {
    name,
    version,
    assign: async ({ members, topics }) => {
      const ids = members.map(({ memberId }) => memberId).sort();
      return ids.map((memberId, turn) => {
        const assignment: Record<string, number[]> = {};
        for (const topic of topics) {
          assignment[topic] = cluster
            .findTopicPartitionMetadata(topic)
            .map(({ partitionId }) => partitionId)
            .filter((partition) => partition % ids.length === turn);
        }
        const encoded = { version, assignment, userData: Buffer.alloc(0) };
        return { memberId, memberAssignment: AssignerProtocol.MemberAssignment.encode(encoded) };
      });
    },
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version,
        topics,
        userData: Buffer.alloc(0),
      }),
    }),
  };
};
