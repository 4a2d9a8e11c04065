/**
 * Several texts of Prometheus' exposition format as one: each metric's HELP and TYPE once, its
 * samples together, as the format demands. Samples must differ in their labels.
 */
export function mergeExpositions(texts: readonly string[]): string {
  const families = new Map<string, { head: Set<string>; samples: string[] }>();
  for (const text of texts) {
    let family = { head: new Set<string>(), samples: [] as string[] };
    for (const line of text.split('\n')) {
      const metric = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1];
      if (metric !== undefined) {
        family = families.get(metric) ?? { head: new Set(), samples: [] };
        families.set(metric, family);
        family.head.add(line);
      } else if (line !== '') family.samples.push(line);
    }
  }
  const blocks = [...families.values()].map(({ head, samples }) =>
    [...head, ...samples].join('\n'),
  );
  return `${blocks.join('\n')}\n`;
}
