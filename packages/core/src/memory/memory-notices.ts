import type { Problem } from '../errors/definition-error.js';
import { describeReason } from '../errors/format-message.js';
import { problems } from '../errors/problems.js';
import type { TierCounts } from '../ports/memory.js';

/** Something that changes no outcome, and that somebody should know. */
export type MemoryNotice =
  /** Episodes were searched without a user, where there are named ones: somebody forgot to give `userId`, perhaps. */
  | { readonly type: 'user.missing' }
  /** A limit pushed something out. */
  | { readonly type: 'entries.dropped'; readonly userId: string | undefined; readonly dropped: TierCounts }
  /** The embedder failed; words alone decided, or will. */
  | { readonly type: 'embedding.failed'; readonly error: unknown };

/** What a memory without a user id is, and who is told of what changes no outcome. */
export interface MemoryNoticeOptions {
  /** What a memory without a user id is: a bucket like any other (`allow`), probably a mistake where there are named users (`warn`), or refused (`refuse`). @defaultValue `'warn'` */
  readonly withoutUser?: 'allow' | 'warn' | 'refuse' | undefined;
  /** Told of every notice. @defaultValue a warning of the process, for the first of each type */
  readonly onNotice?: ((notice: MemoryNotice) => void) | undefined;
}

const WITHOUT_USER: readonly unknown[] = ['allow', 'warn', 'refuse', undefined];

/** What a memory tells, beside its answers. */
export class MemoryNotices {
  /** Whether a call without a user id is refused. */
  readonly refusesNobody: boolean;
  readonly #notify: (notice: MemoryNotice) => void;
  #mayMiss: boolean;

  /** @param memory Its name, for warnings. */
  constructor(memory: string, { withoutUser = 'warn', onNotice = warnOnce(memory) }: MemoryNoticeOptions) {
    this.refusesNobody = withoutUser === 'refuse';
    this.#mayMiss = withoutUser === 'warn';
    this.#notify = onNotice;
  }

  /** Episodes are searched without a user: told once, where there are named users. */
  searchedWithoutUser(hasNamedUsers: () => boolean): void {
    if (!this.#mayMiss || !hasNamedUsers()) return;
    this.#mayMiss = false;
    this.tell({ type: 'user.missing' });
  }

  /** A limit pushed so much out, or nothing. */
  dropped(userId: string | undefined, dropped: TierCounts): void {
    if (dropped.episodes + dropped.facts + dropped.blocks > 0) this.tell({ type: 'entries.dropped', userId, dropped });
  }

  tell(notice: MemoryNotice): void {
    try {
      this.#notify(notice);
    } catch {
      // A notice changes no outcome.
    }
  }
}

/** Every mistake in the options of a memory but for its limits. `known` names all that there are. */
export function memoryOptionsProblems(where: string, options: object, known: readonly string[]): Problem[] {
  const { withoutUser, onNotice } = options as MemoryNoticeOptions;
  return [
    ...Object.keys(options)
      .filter((name) => !known.includes(name))
      .map((name) => problems.unknownOption(where, name, known)),
    ...(WITHOUT_USER.includes(withoutUser)
      ? []
      : [problems.invalidOption(where, 'withoutUser', withoutUser, '"allow", "warn", "refuse"')]),
    ...(onNotice === undefined || typeof onNotice === 'function'
      ? []
      : [problems.invalidOption(where, 'onNotice', onNotice, 'a function')]),
  ];
}

/** What is told where nobody asked to be: the first notice of each type, as a warning of the process. */
function warnOnce(memory: string): (notice: MemoryNotice) => void {
  const told = new Set<string>();
  return (notice) => {
    if (told.has(notice.type)) return;
    told.add(notice.type);
    process.emitWarning(`${memory}: ${describeNotice(notice)} (said once; option onNotice is told of all)`, {
      type: 'DrawloomWarning',
    });
  };
}

function describeNotice(notice: MemoryNotice): string {
  switch (notice.type) {
    case 'user.missing':
      return 'recall was called without a user id, although there are named users; it answers from the bucket of those without one';
    case 'entries.dropped':
      return `a limit pushed out ${notice.dropped.episodes} episodes and ${notice.dropped.facts} facts of a user`;
    case 'embedding.failed':
      return `the embedder failed, so words alone decide: ${describeReason(notice.error)}`;
  }
}
