import { isZone, MINIMUM, type RulePack } from '@writ/law';

/** What a court is set up with. */
export type CourtSettings = {
  /** IANA zone the court sits in: what "today" means there. */
  zone: string;
  law: RulePack;
};

/** Injection token of the `CourtSettings`. */
export const COURT_SETTINGS = Symbol('writ court settings');

/** The law of the minimum pack is written for courts there. */
const ZONE_DEFAULT = 'Asia/Shanghai';

/**
 * @param env `WRIT_COURT_ZONE`: the court's zone
 * @throws Error when it names no zone
 */
export function courtSettings(env: Readonly<Record<string, string | undefined>>): CourtSettings {
  const zone = env['WRIT_COURT_ZONE'] || ZONE_DEFAULT;
  if (!isZone(zone)) throw new Error('WRIT_COURT_ZONE must name a zone such as Asia/Shanghai');
  return { zone, law: MINIMUM };
}
