import {
  ChainedAuditLog,
  ed25519Key,
  ed25519Verifier,
  evidence,
  verifyEvidence,
  type EvidenceSources,
} from '@drawloom/core';
import type { SqliteStore } from '@drawloom/sqlite';
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReviewProof } from './report-content.js';
import { writeWhole } from './write-whole.js';

/** The log of what reviews have done, and the key to verify it with. */
export interface ReviewAudit {
  readonly log: ChainedAuditLog;
  /** Whoever has it can verify, and forge nothing. */
  readonly publicKey: KeyObject;
}

const KEY_ID = 'licence-review';

/**
 * Opens the audit log of the reviews, or begins one. It is kept in the file of the journal: the end of a step and its entry are
 * written in one transaction, so a kill between the two cannot happen. The key is made when it is first needed and stays
 * beside that file: enough to see that nobody has changed it by accident. To hold against whoever runs the program, the private key has to be elsewhere.
 */
export async function openAudit(runs: SqliteStore, folder: string): Promise<ReviewAudit> {
  await mkdir(folder, { recursive: true });
  const privateKey = await keyIn(join(folder, 'audit-key.pem'));
  const log = new ChainedAuditLog({ store: runs.auditStore(), key: ed25519Key(KEY_ID, privateKey) });
  return { log, publicKey: createPublicKey(privateKey) };
}

async function keyIn(path: string): Promise<string> {
  const made = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  await writeFile(path, made, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return readFile(path, 'utf8');
}

/**
 * Writes what proves a review into a folder of its own: the signed entries of the run and of those nested in it, its graph, what can
 * be told from the two, and the public key. It is verified once more before anybody gets it.
 */
export async function writeEvidence(
  runId: string,
  folder: string,
  { log, publicKey }: ReviewAudit,
  workflow: EvidenceSources['workflow'],
): Promise<ReviewProof> {
  await log.flush();
  const place = join(folder, 'evidence');
  await (await evidence(runId, { log, workflow })).writeTo(place);
  const { entries, problems } = await verifyEvidence(place, ed25519Verifier(KEY_ID, publicKey));
  await writeWhole(folder, 'audit-key.public.pem', publicKey.export({ type: 'spki', format: 'pem' }).toString());
  const keyDigest = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return { folder: place, entries, problems, keyDigest };
}
