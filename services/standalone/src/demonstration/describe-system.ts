import type { TestSubject } from './world.js';

/** What a launcher prints on stdout once all is up. */
export function describeSystem(
  system: { url: string; transport: string; dataFolder: string },
  subjects: readonly TestSubject[] | undefined,
): string {
  const lines = [
    `Writ is ready at ${system.url} (${system.transport}; data in ${system.dataFolder})`,
    'Nothing authenticates callers yet: authority and actor are recorded as unverified.',
  ];
  if (subjects) lines.push('', ...table(subjects), '', ...commands(system.url, subjects));
  return lines.join('\n');
}

function table(subjects: readonly TestSubject[]): string[] {
  const header = 'Test subjects of the demonstration (generated: their numbers belong to nobody)';
  const rows = subjects.map(({ identifier, answer, causes, why }) => {
    const counted = causes > 1 ? `${answer} (${causes} causes)` : answer;
    const asked = `${identifier.scheme} ${identifier.value}`;
    return `  ${asked.padEnd(34)}${counted.padEnd(24)}${why}`;
  });
  return [header, ...rows];
}

function commands(url: string, subjects: readonly TestSubject[]): string[] {
  const at = url === 'http://127.0.0.1:3000' ? '' : ` --url ${url}`;
  const named = (wanted: (subject: TestSubject) => boolean) => {
    const { scheme, value } = (subjects.find(wanted) ?? subjects[0])?.identifier ?? {
      scheme: '',
      value: '',
    };
    return { words: `${scheme} ${value}`, json: JSON.stringify({ scheme, value }) };
  };
  const restricted = named(({ causes }) => causes > 1).words;
  const lifted = named(({ why }) => why.includes('lifted')).words;
  const undetermined = named(({ answer }) => answer === 'UNDETERMINED').json;
  const question = `{"purpose":"try","subjects":[{"identifier":${undetermined}}]}`;
  return [
    'To try:',
    `  npx writ status ${restricted} --measure travel.air${at}`,
    `  npx writ record ${lifted}${at}`,
    `  curl -s ${url}/projection/v1/status -H 'content-type: application/json' -d '${question}'`,
  ];
}
