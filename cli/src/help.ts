/** What `writ --help` prints. */
export const HELP = `writ: list history in, the right answer out

  writ feed import <feed.json> --from <data folder> [--report FILE] [--up-to T] [--observed-at T]
                   [--authority A]
      take in a source; --report gets one NDJSON line per row that was refused; --observed-at
      dates a copy whose file name says no time
  writ status <scheme> <value> [--measure M]... [--place P] [--purpose P]
      is the subject restricted, now; a value of - is read from standard input
  writ record <scheme> <value> [--as-of T] [--known-at T] [--purpose P]
      causes, bases and history, as the law stood at T and as it was known at T
  writ active <list> [--as-of T] [--known-at T] [--count]
      entries of the list in force, one a line; --count prints the bare number
  writ facts [--after P] [--follow] [--ledger court|regulatory|enforcement]
      recorded facts behind position P, one JSON line each; --follow waits for more
  writ rebuild    fold every ledger anew beside the live state and compare the roots
  writ root       the root of the projected state
  writ verify [--ledger L]
      fetch every fact and check positions, versions, leaf hashes and root, trusting nobody
  writ replay [--to P] [--subject ID]
      fold the facts fetched into a state of its own, up to positions P (court:12,regulatory:7;
      a ledger not named: to its head); prints root and positions, changes nothing
  writ diff <P1> <P2>
      the events between two positions, and of whom they changed an answer
  writ explain <answerId>
      the facts a journalled answer needs, and the rules they were decided by
  writ backup <folder> [--keys <folder>]
      all databases at one moment, beside whatever runs; the keys are copied apart, or not at all
  writ restore <folder> [--only court,…] [--replace]
      put them back: everything is checked first, services must be stopped
  writ reread enforcement court|regulatory | writ reread projection everything|identity
      a stopped consumer forgets what it held of whom was restored, and reads it from the start
  writ epoch <ledger> --reason TEXT
      open a new epoch of a restored ledger, before its service starts
      (these four: --data DIR, or WRIT_<SERVICE>_DB_OWNER and WRIT_KEYS)
  writ timeliness [--older-than P1D] [--quick]
      per authority and ledger its last submission, its age, and gaps in its own numbering (every
      fact is read for that; --quick leaves it out)
  writ clock | writ clock advance <duration>
      the clock of a sandbox (npm start -- --clock), moved on by P3D, PT12H …
  writ quarantine list | writ quarantine retry <ledger> <subject> | … retry list <list>
                   [--service projection|enforcement]
      what each service has set aside and why; try it again (- for facts without a subject)

Everywhere
  --url URL         a running stack (default: WRIT_URL, or http://127.0.0.1:3000)
  --embedded        start the whole system for this one command, then stop it
  --data DIR        its data folder (with --embedded)
  --json            the result as JSON; everything else goes to standard error

A time T is an instant (2026-01-31T09:00:00Z) or a date (2026-01-31, of --zone, default UTC);
--known-at also takes positions (court:12,regulatory:7).

Exit codes
   0  fine; for status: NOT_RESTRICTED        10  RESTRICTED
   1  refused, or what was compared differs   11  UNDETERMINED
   2  the command line cannot be used         12  NOT_COVERED
   3  the service cannot be reached           20  feed taken in, some rows refused
   4  the service cannot answer yet
   5  a fault of Writ's own
`;
