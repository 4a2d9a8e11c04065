/** Where the time comes from; only the edge makes a real one. */
export type Clock = { now(): Date };
