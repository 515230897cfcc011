/**
 * Job: the tables of a store, and how a file of an older release becomes one of this release.
 *
 * Boundary: SQL and its order. When it is carried out, and in which transaction, is said by `open-store.ts`.
 *
 * A. A migration that was released is never changed. The number of those that were carried out is the version of a file.
 * B. Whatever is asked often is an index look-up; a test reads the plan of each query.
 */

/** Marks a file as a store: `Drwl` in ASCII. */
export const APPLICATION_ID = 0x44_72_77_6c;

const RUNS = `
CREATE TABLE graphs (
  hash TEXT PRIMARY KEY,
  graph TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  run TEXT NOT NULL,
  workflow TEXT NOT NULL,
  version TEXT,
  graph_hash TEXT NOT NULL,
  user TEXT,
  session TEXT NOT NULL,
  created REAL NOT NULL,
  forked_from TEXT,
  status TEXT NOT NULL CHECK (status IN ('running', 'suspended', 'completed', 'failed', 'cancelled')),
  length INTEGER NOT NULL,
  updated REAL NOT NULL,
  wake REAL,
  owner TEXT,
  lease_until REAL NOT NULL, -- of a run without an owner the earliest time there is
  epoch INTEGER NOT NULL,
  UNIQUE (tenant, run)
) STRICT;

CREATE INDEX runs_by_time ON runs (tenant, created, run);
CREATE INDEX runs_by_user ON runs (tenant, user, created, run);
CREATE INDEX runs_by_workflow ON runs (tenant, workflow, created, run);
CREATE INDEX runs_by_status ON runs (tenant, status, created, run);
CREATE INDEX runs_to_wake ON runs (workflow, wake) WHERE status = 'suspended' AND wake IS NOT NULL;
CREATE INDEX runs_left ON runs (workflow, lease_until) WHERE status = 'running';

-- The id is that of the run and the number of the record in one, the latter in the lower 32 bits: so the key needs no index
-- of its own, and a commit touches one page here.
CREATE TABLE records (
  id INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE waits (
  id INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  wait TEXT NOT NULL,
  run INTEGER NOT NULL REFERENCES runs (id),
  kind TEXT NOT NULL CHECK (kind IN ('approval', 'signal', 'timer')),
  workflow TEXT NOT NULL,
  user TEXT,
  node TEXT NOT NULL,
  visit INTEGER NOT NULL,
  signal TEXT,
  opened REAL NOT NULL,
  due REAL,
  users TEXT NOT NULL,
  groups TEXT NOT NULL,
  about TEXT NOT NULL,
  state TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'settled', 'closed')),
  version INTEGER NOT NULL,
  UNIQUE (tenant, wait)
) STRICT;

CREATE INDEX waits_by_time ON waits (tenant, status, opened, wait);
CREATE INDEX waits_by_run ON waits (run, status, opened, wait);
CREATE INDEX waits_due ON waits (workflow, due) WHERE status = 'open' AND due IS NOT NULL;

-- Who may act on a wait, for the look-up; what the wait says of them stands with it.
CREATE TABLE wait_actors (
  tenant TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('user', 'group')),
  actor TEXT NOT NULL,
  status TEXT NOT NULL,
  wait INTEGER NOT NULL REFERENCES waits (id),
  PRIMARY KEY (tenant, kind, actor, status, wait)
) STRICT, WITHOUT ROWID;

CREATE INDEX wait_actors_by_wait ON wait_actors (wait);
`;

const MEMORY = `
-- What limits count is kept with the user, so that a write reads one row. The version is its fence against other processes.
-- No number is given twice: what was planned for somebody who was forgotten meanwhile must not reach the next.
CREATE TABLE memory_users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL DEFAULT 0,
  sequence INTEGER NOT NULL DEFAULT 0,
  episodes INTEGER NOT NULL DEFAULT 0,
  episode_words INTEGER NOT NULL DEFAULT 0,
  facts INTEGER NOT NULL DEFAULT 0,
  fact_words INTEGER NOT NULL DEFAULT 0,
  blocks INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  block_bytes INTEGER NOT NULL DEFAULT 0,
  dropped_episodes INTEGER NOT NULL DEFAULT 0,
  dropped_facts INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE memory_episodes (
  id INTEGER PRIMARY KEY,
  user INTEGER NOT NULL REFERENCES memory_users (id),
  sequence INTEGER NOT NULL,
  episode TEXT NOT NULL,
  session TEXT NOT NULL,
  time REAL NOT NULL,
  words INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  data TEXT NOT NULL,
  UNIQUE (user, sequence),
  UNIQUE (user, episode)
) STRICT;

CREATE INDEX memory_episodes_by_time ON memory_episodes (user, time, sequence);
CREATE INDEX memory_episodes_by_session ON memory_episodes (user, session, time, sequence);

CREATE TABLE memory_facts (
  id INTEGER PRIMARY KEY,
  user INTEGER NOT NULL REFERENCES memory_users (id),
  sequence INTEGER NOT NULL,
  topic TEXT NOT NULL,
  session TEXT,
  valid_from REAL NOT NULL,
  learned REAL NOT NULL,
  words INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  data TEXT NOT NULL,
  UNIQUE (user, sequence)
) STRICT;

CREATE INDEX memory_facts_by_topic ON memory_facts (user, topic, valid_from, sequence);

-- Which words an episode or a fact has, how often, and among how many.
CREATE TABLE memory_words (
  user INTEGER NOT NULL REFERENCES memory_users (id),
  tier TEXT NOT NULL CHECK (tier IN ('episode', 'fact')),
  word TEXT NOT NULL,
  entry INTEGER NOT NULL,
  count INTEGER NOT NULL,
  length INTEGER NOT NULL,
  PRIMARY KEY (user, tier, word, entry)
) STRICT, WITHOUT ROWID;

CREATE INDEX memory_words_by_entry ON memory_words (user, tier, entry);

CREATE TABLE memory_blocks (
  user INTEGER NOT NULL REFERENCES memory_users (id),
  name TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  updated REAL NOT NULL,
  bytes INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (user, name)
) STRICT;
`;

const AUDIT = `
-- The lines of audit logs, byte for byte. What stands beside a line is there to find it by; only the line itself is signed.
CREATE TABLE audit_lines (
  id INTEGER PRIMARY KEY,
  log TEXT NOT NULL,
  seq INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  tenant TEXT,
  user TEXT,
  session TEXT,
  run TEXT,
  action TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX audit_lines_by_seq ON audit_lines (log, seq);
CREATE INDEX audit_lines_by_run ON audit_lines (log, run, seq);
CREATE INDEX audit_lines_by_user ON audit_lines (log, user, seq);
`;

const SIGNALS = `
-- Messages to runs: those that are kept because nothing waits for them yet, in the order of their ids, and those that a wait has
-- taken, as long as the run is there, so that none is taken twice.
CREATE TABLE signals (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (id),
  signal TEXT NOT NULL,
  message TEXT NOT NULL,
  text TEXT NOT NULL,
  at REAL NOT NULL,
  wait TEXT, -- that has taken it; NULL while it is kept
  UNIQUE (run, signal, message)
) STRICT;

CREATE INDEX signals_kept ON signals (run, id) WHERE wait IS NULL;

INSERT OR IGNORE INTO signals (run, signal, message, text, at, wait)
  SELECT run, signal, json_extract(state, '$.received.id'), '', json_extract(state, '$.received.at'), wait FROM waits
  WHERE kind = 'signal' AND signal IS NOT NULL AND json_extract(state, '$.received.id') IS NOT NULL;
`;

const DENSE_AUDIT = `
ALTER TABLE audit_lines RENAME TO wide_audit_lines;

CREATE TABLE audit_logs (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- Whom and what lines are about, once: every line of a run has the same. What is not known is empty.
CREATE TABLE audit_subjects (
  id INTEGER PRIMARY KEY,
  log INTEGER NOT NULL REFERENCES audit_logs (id),
  run TEXT NOT NULL,
  user TEXT NOT NULL,
  tenant TEXT NOT NULL,
  session TEXT NOT NULL,
  UNIQUE (log, run, user, tenant, session)
) STRICT;

CREATE INDEX audit_subjects_by_user ON audit_subjects (log, user);

-- The id is that of the log and the number of the line in one, as that of a record is. So a commit touches one page here and one of
-- the index, where texts beside each line took five.
CREATE TABLE audit_lines (
  id INTEGER PRIMARY KEY,
  subject INTEGER NOT NULL REFERENCES audit_subjects (id),
  action TEXT NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

CREATE INDEX audit_lines_by_subject ON audit_lines (subject, id);

INSERT INTO audit_logs (name) SELECT DISTINCT log FROM wide_audit_lines;
INSERT INTO audit_subjects (log, run, user, tenant, session)
  SELECT DISTINCT logs.id, ifnull(run, ''), ifnull(user, ''), ifnull(tenant, ''), ifnull(session, '')
  FROM wide_audit_lines JOIN audit_logs AS logs ON logs.name = log;
INSERT INTO audit_lines (id, subject, action, bytes)
  SELECT logs.id << 32 | seq, subjects.id, action, bytes
  FROM wide_audit_lines AS wide JOIN audit_logs AS logs ON logs.name = wide.log
  JOIN audit_subjects AS subjects ON subjects.log = logs.id AND subjects.run = ifnull(wide.run, '')
    AND subjects.user = ifnull(wide.user, '') AND subjects.tenant = ifnull(wide.tenant, '')
    AND subjects.session = ifnull(wide.session, '')
  ORDER BY 1;
DROP TABLE wide_audit_lines;
`;

/** In the order in which they are carried out (A). */
export const MIGRATIONS: readonly string[] = [RUNS, MEMORY, AUDIT, SIGNALS, DENSE_AUDIT];
