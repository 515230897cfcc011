import { ChainedAuditLog, hmacKey, InMemoryAuditStore, verifyAuditLog, type AuditKey } from '@drawloom/core';
import { ChainVerifier } from '../../src/audit/chain-verifier.js';
import type { ChainHead } from '../../src/audit/sealed-line.js';

const LINE_FEED = 10;

/** A log as it lies in a file, and the state of its verification before each line: whatever is wrong later starts from there. */
export interface Sample {
  readonly lines: readonly Buffer[];
  readonly heads: readonly ChainHead[];
  readonly anchor: Uint8Array;
  readonly key: AuditKey;
}

export const SECRET = 'canary-secret-of-32-bytes-7f3a91';

/** @param branchAfter - after this entry, the log says something else than the one without: somebody wrote on from there. */
export async function sampleLog(
  entries: number,
  { key = hmacKey('k1', SECRET), branchAfter = Infinity }: { key?: AuditKey; branchAfter?: number } = {},
): Promise<Sample> {
  const log = new ChainedAuditLog({ store: new InMemoryAuditStore(), key });
  for (let time = 1; time <= entries; time++) {
    const about = { run: `run-${time % 7}`, workflow: 'claims', node: 'assess', visit: (time % 3) + 1, user: 'älice' };
    const facts = { attempts: time > branchAfter ? 2 : 1 };
    const content = { said: 'a "quoted" €' };
    await log.append({ action: 'step.completed', actor: 'workflow', time, ...about, facts, content });
  }
  const lines: Buffer[] = [];
  for await (const bytes of log.read()) lines.push(Buffer.from(bytes));
  const anchor = (await log.anchor())!;
  const verifier = new ChainVerifier(new Map([[key.id, key]]));
  const heads = lines.map((line) => {
    const { head } = verifier;
    if ('kind' in verifier.next(line)) throw new TypeError('the sample itself is wrong');
    return head;
  });
  return { lines, heads: [...heads, verifier.head], anchor, key };
}

/** Whether these lines, in place of those from `index` on, are found out before the last of them. */
export function isFoundOut({ heads, key }: Sample, index: number, lines: readonly Uint8Array[]): boolean {
  const verifier = new ChainVerifier(new Map([[key.id, key]]), heads[index]);
  return lines.some((line) => 'kind' in verifier.next(line));
}

/** Lines as a file of these bytes has them. */
export function linesOf(file: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < file.length;) {
    const at = file.indexOf(LINE_FEED, from);
    const end = at < 0 ? file.length : at + 1;
    lines.push(file.subarray(from, end));
    from = end;
  }
  return lines;
}

export async function* reading(lines: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* lines;
}

export const verdictOf = ({ key, anchor }: Sample, lines: readonly Uint8Array[]) =>
  verifyAuditLog({ read: () => reading(lines) }, { keys: key, anchor });

/** What each of these gives is a list of what was not found out; it has to be empty. */
export const campaigns = {
  /** Every byte of every entry, line feeds included, with each of these masks: 8 of them are all single-bit errors. */
  changedBytes(sample: Sample, masks: readonly number[]): string[] {
    const missed: string[] = [];
    sample.lines.forEach((line, index) => {
      for (let at = 0; at < line.length; at++) {
        for (const mask of masks) {
          line[at]! ^= mask;
          // Without its line feed, a line runs into the next one.
          const after = sample.lines[index + 1];
          const changed =
            at === line.length - 1 && after !== undefined ? [Buffer.concat([line, after])] : linesOf(line);
          if (!isFoundOut(sample, index, changed)) missed.push(`entry ${index + 1}, byte ${at}, mask ${mask}`);
          line[at]! ^= mask;
        }
      }
    });
    return missed;
  },

  /** Every byte of every entry left out, or there twice. */
  lostAndDoubledBytes(sample: Sample): string[] {
    const missed: string[] = [];
    sample.lines.forEach((line, index) => {
      const rest = sample.lines[index + 1] ?? Buffer.alloc(0);
      for (let at = 0; at < line.length; at++) {
        const without = linesOf(Buffer.concat([line.subarray(0, at), line.subarray(at + 1), rest]));
        const twice = linesOf(Buffer.concat([line.subarray(0, at + 1), line.subarray(at), rest]));
        for (const changed of [without, twice])
          if (!isFoundOut(sample, index, changed)) missed.push(`entry ${index + 1}, byte ${at}`);
      }
    });
    return missed;
  },

  /** Every entry left out. The last one is missed by the anchor alone. */
  deletedEntries(sample: Sample): string[] {
    const { lines } = sample;
    return lines.slice(0, -1).flatMap((_, index) => {
      return isFoundOut(sample, index, lines.slice(index + 1, index + 2)) ? [] : [`entry ${index + 1}`];
    });
  },

  /** Every two entries in each other's place. */
  swappedEntries(sample: Sample): string[] {
    const missed: string[] = [];
    const { lines } = sample;
    for (let first = 0; first < lines.length; first++)
      for (let second = first + 1; second < lines.length; second++)
        if (!isFoundOut(sample, first, [lines[second]!])) missed.push(`entries ${first + 1} and ${second + 1}`);
    return missed;
  },

  /** Every entry once more, at every place. */
  insertedEntries(sample: Sample): string[] {
    const missed: string[] = [];
    const { lines } = sample;
    for (let at = 0; at <= lines.length; at++)
      for (let which = 0; which < lines.length; which++)
        if (!isFoundOut(sample, at, [lines[which]!, ...lines.slice(at, at + 1)]))
          missed.push(`entry ${which + 1} before entry ${at + 1}`);
    return missed;
  },

  /** The file cut at every byte: within an entry the entry says so, between two the anchor. */
  async cutFiles(sample: Sample): Promise<string[]> {
    const missed: string[] = [];
    for (const [index, line] of sample.lines.entries()) {
      for (let at = 1; at < line.length; at++)
        if (!isFoundOut(sample, index, [line.subarray(0, at)])) missed.push(`entry ${index + 1}, byte ${at}`);
      const { firstBreak } = await verdictOf(sample, sample.lines.slice(0, index));
      if (firstBreak?.kind !== 'truncation') missed.push(`before entry ${index + 1}`);
    }
    return missed;
  },
};
