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

-- A row has its place in the order in which it was written, so that the commits of many runs fill the same pages.
CREATE TABLE records (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (id),
  seq INTEGER NOT NULL,
  type TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX records_by_run ON records (run, seq);

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

/** In the order in which they are carried out (A). */
export const MIGRATIONS: readonly string[] = [RUNS];
