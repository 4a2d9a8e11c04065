/** One row of the report: ours beside a limit or a peer, measured in the same run. */
export type Row = {
  name: string;
  ours: number | null;
  reference: number | null;
  unit: string;
  /** ours ÷ reference, or the plain figure where there is no reference; medians of the rounds. */
  ratio: number | null;
  /** As the target reads: `>= 9`, `<= 25`, or `information`. */
  target: string;
  met: boolean | 'not run' | 'failed' | 'information';
  rounds: number;
  spread: { min: number; max: number } | null;
  peakRssMiB: number;
  note?: string;
  /** Of the run that measured it; a report may hold rows of several. */
  measured?: { at: string; commit: string; loadAverage: readonly number[] };
};

/** @throws RangeError on an empty list */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle];
  if (upper === undefined || lower === undefined) throw new RangeError('nothing was measured');
  return (upper + lower) / 2;
}

/** The value below which `share` of the values lie (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new RangeError('nothing was measured');
  return found;
}

/** @returns whether a figure meets a target of the form `>= 9` or `<= 25` */
export function meets(figure: number, target: string): boolean | 'information' {
  const match = /^(>=|<=) ([0-9.]+)$/.exec(target);
  if (!match) return 'information';
  const limit = Number(match[2]);
  return match[1] === '>=' ? figure >= limit : figure <= limit;
}

export type Pair = { ours: number; reference: number };

/** A row from alternating pairs: the ratio is the median of the pairs' own ratios. */
export function rowOfPairs(
  name: string,
  pairs: readonly Pair[],
  unit: string,
  target: string,
  peakRssMiB: number,
): Row {
  const ratios = pairs.map(({ ours, reference }) => ours / reference);
  const ratio = median(ratios);
  return {
    name,
    ours: median(pairs.map(({ ours }) => ours)),
    reference: median(pairs.map(({ reference }) => reference)),
    unit,
    ratio,
    target,
    met: meets(ratio, target),
    rounds: pairs.length,
    spread: { min: Math.min(...ratios), max: Math.max(...ratios) },
    peakRssMiB,
  };
}

/** A row of plain figures (milliseconds, MiB …): the target is on the median itself. */
export function rowOfFigures(
  name: string,
  figures: readonly number[],
  unit: string,
  target: string,
  peakRssMiB: number,
): Row {
  const figure = median(figures);
  return {
    name,
    ours: figure,
    reference: null,
    unit,
    ratio: null,
    target,
    met: meets(figure, target),
    rounds: figures.length,
    spread: { min: Math.min(...figures), max: Math.max(...figures) },
    peakRssMiB,
  };
}

/** A row that could not be run here, and why. */
export function rowNotRun(name: string, unit: string, target: string, note: string): Row {
  return {
    name,
    ours: null,
    reference: null,
    unit,
    ratio: null,
    target,
    met: 'not run',
    rounds: 0,
    spread: null,
    peakRssMiB: 0,
    note,
  };
}

/** A row whose measuring broke: said so, never left out. */
export function rowFailed(name: string, why: string): Row {
  return { ...rowNotRun(name, '', '', why), met: 'failed' };
}
