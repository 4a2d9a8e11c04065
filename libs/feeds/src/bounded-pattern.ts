const PATTERN_LENGTH_MAX = 200;
/** Each may be tried at every place of the text: two keep the work of one cell below its square. */
const CHOICES_MAX = 2;
/** A cell is looked at no further than this. */
export const MATCHED_LENGTH_MAX = 300;

const ATOM = String.raw`(?:\[\^?(?:[^\\[\]]|\\.)+\]|\\[dDwWsS^$\\.*+?()[\]{}|/]|[^\\^$*+?()[\]{}|])`;
const REPEATED = String.raw`(?<repeated>\?|\{\d{1,3}\}|\{\d{1,3},\d{1,3}\})?`;
const GROUP = String.raw`(?<open>\((?:\?<[A-Za-z]\w*>|\?:)?)`;
const TOKEN = String.raw`${ATOM}${REPEATED}|${GROUP}|(?<close>\))|(?<or>\|)|\$(?![^])`;

/**
 * May a description have this pattern run over every row? As for declared schemes: it begins with
 * `^`, and inside stand characters, classes and bounded repetitions, so that none can be slow.
 * Beyond those, groups that are neither nested nor repeated, with alternatives or a name.
 */
export function isBoundedPattern(pattern: string): boolean {
  if (pattern.length > PATTERN_LENGTH_MAX || !pattern.startsWith('^')) return false;
  const token = new RegExp(TOKEN, 'uy');
  let choices = 0;
  let group: 'none' | 'open' | 'chosen' = 'none';
  token.lastIndex = 1;
  while (token.lastIndex < pattern.length) {
    const { repeated, open, close, or } = token.exec(pattern)?.groups ?? { open: 'nothing fits' };
    if (open !== undefined && (open === 'nothing fits' || group !== 'none')) return false;
    if (or !== undefined && group === 'none') return false;
    if (or !== undefined && group === 'open') choices += 1;
    if (repeated === '?' || repeated?.includes(',')) choices += 1;
    if (open !== undefined) group = 'open';
    if (or !== undefined) group = 'chosen';
    if (close !== undefined) group = 'none';
  }
  return choices <= CHOICES_MAX;
}
