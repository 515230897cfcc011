import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { everybody, groupsOf } from '../people.js';

/** What the command line asks for. */
export type Request =
  { readonly command: 'help' } | ReviewCommand | { readonly command: 'inbox'; readonly output: string } | DecideCommand;

export interface ReviewCommand {
  readonly command: 'review';
  readonly folder: string;
  readonly output: string;
  /** Who asks for it. */
  readonly user: string;
  readonly isNew: boolean;
}

export interface DecideCommand {
  readonly command: 'decide';
  readonly output: string;
  /** The id of a wait, or the beginning of it. */
  readonly wait: string;
  readonly outcome: 'approved' | 'rejected';
  readonly user: string;
  readonly comment: string | undefined;
}

/** A command line that asks for nothing that can be done; the message says what can. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `Reviews the licences of the packages that are installed in a folder.

  npm start                          this repository's own packages; a review that was interrupted goes on
  npm start -- <folder>              the packages of another project
      --as <name>                    who asks for the review (dave)
      --new                          begin anew, whatever was begun before
  npm start -- inbox                 what waits for a decision
  npm start -- decide <wait> approve --as <name>
  npm start -- decide <wait> reject --as <name> --because <reason>

      --output <folder>              where reports and runs are kept (licence-report)
`;

const OPTIONS = {
  output: { type: 'string' },
  as: { type: 'string' },
  because: { type: 'string' },
  new: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Reads the arguments of the command.
 *
 * @param from The folder that is reviewed where none is named, and that paths start at.
 * @throws {@link UsageError} where they make no sense, with what would.
 */
export function readArguments(args: readonly string[], from: string): Request {
  const { values, positionals } = parsed(args);
  if (values.help === true) return { command: 'help' };
  const output = resolve(from, values.output ?? 'licence-report');
  const [place = '.', ...more] = positionals;
  if (place === 'inbox' && more.length === 0) return { command: 'inbox', output };
  if (place === 'decide') return decision(more, { ...values, output });
  if (more.length > 0) throw new UsageError(`One folder at a time: ${more.join(' ')} is too much.\n\n${USAGE}`);
  const folder = resolve(from, place);
  if (!existsSync(folder)) throw new UsageError(`There is no folder ${folder}, and no command ${place}.\n\n${USAGE}`);
  if (!statSync(folder).isDirectory()) throw new UsageError(`${folder} is not a folder.\n\n${USAGE}`);
  return { command: 'review', folder, output, user: person(values.as ?? 'dave'), isNew: values.new ?? false };
}

const OUTCOMES = { approve: 'approved', reject: 'rejected' } as const;

function decision(
  [wait, word, ...more]: readonly string[],
  {
    as,
    because,
    output,
  }: { readonly as?: string | undefined; readonly because?: string | undefined; readonly output: string },
): DecideCommand {
  const outcome = word === 'approve' || word === 'reject' ? OUTCOMES[word] : undefined;
  if (wait === undefined || outcome === undefined || more.length > 0) {
    throw new UsageError(`Say what is decided, and how: decide <wait> approve, or decide <wait> reject.\n\n${USAGE}`);
  }
  if (as === undefined) throw new UsageError(`Say who decides: --as ${everybody().join(', or --as ')}.`);
  return { command: 'decide', output, wait, outcome, user: person(as), comment: because };
}

function person(name: string): string {
  if (groupsOf(name) !== undefined) return name;
  throw new UsageError(`Nobody is called ${name}; there are ${everybody().join(', ')}.`);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}
