import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What the command line asks for. */
export type Request =
  | { readonly command: 'help' }
  | {
      readonly command: 'review';
      readonly folder: string;
      readonly output: string;
      readonly user: string;
      readonly isNew: boolean;
    };

/** A command line that asks for nothing that can be done; the message says what can. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `Reviews the licences of the packages that are installed in a folder.

  npm start                          this repository's own packages
  npm start -- <folder>              the packages of another project
      --output <folder>              where reports go (licence-report)
      --as <name>                    who asks for the review (dave)
      --new                          begin anew, whatever was begun before
`;

const OPTIONS = {
  output: { type: 'string' },
  as: { type: 'string' },
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
  const [place = '.', ...more] = positionals;
  if (more.length > 0) throw new UsageError(`One folder at a time: ${more.join(' ')} is too much.\n\n${USAGE}`);
  const folder = resolve(from, place);
  if (!existsSync(folder)) throw new UsageError(`There is no folder ${folder}, and no command ${place}.\n\n${USAGE}`);
  if (!statSync(folder).isDirectory()) throw new UsageError(`${folder} is not a folder.\n\n${USAGE}`);
  const output = resolve(from, values.output ?? 'licence-report');
  return { command: 'review', folder, output, user: values.as ?? 'dave', isNew: values.new ?? false };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}
