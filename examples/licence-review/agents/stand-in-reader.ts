import { LanguageModel, modelAnswer, type ModelAnswer, type ModelRequest, type ToolCall } from '@drawloom/core';
import type { ReaderAnswer } from './licence-reader.js';

/** What `find_similar` gives. */
interface Similar {
  readonly file: string;
  readonly nearest: readonly { readonly licence: string; readonly likeness: number }[];
  readonly contains: readonly string[];
}

/** What usage is counted under: nobody shall take it for that of a model, nor for what one costs. */
export const STAND_IN = 'stand-in (offline)';

/**
 * Stands for the model where there is no key: reads the same messages, asks for the same tools, and answers in the same form. It
 * knows two rules of thumb, and says that it is unsure where neither helps. The same question has the same answer, always.
 */
export class StandInReader extends LanguageModel {
  readonly name = 'gpt-4.1-mini';
  readonly capabilities = { tools: true, parallelToolCalls: true, structuredOutput: true, streaming: false };

  async answer({ messages }: ModelRequest): Promise<ModelAnswer> {
    const asked = messages.findLast(({ role }) => role === 'user')!.content;
    const question = JSON.parse(asked) as { declared: string | null; files: readonly string[] };
    const results = messages.flatMap((message) => (message.role === 'tool' ? [message] : []));
    const read = messages.reduce((sum, { content }) => sum + content.length, 0);
    const usage = { inputTokens: Math.ceil(read / 4) };

    const call = (name: string, file: string, index: number): ToolCall => ({
      id: `${name}_${index}`,
      name,
      arguments: JSON.stringify({ file }),
    });
    const files = question.files.slice(0, 5);
    if (results.length === 0 && files.length > 0) {
      const toolCalls = [
        ...files.map((file, index) => call('find_similar', file, index)),
        ...files.map((file, index) => call('read_file', file, index)),
      ];
      return modelAnswer({ model: STAND_IN, toolCalls, usage: { ...usage, outputTokens: 20 * toolCalls.length } });
    }
    const told = (name: string): string[] =>
      results.filter((result) => result.name === name).map(({ content }) => content);
    const similar = told('find_similar')
      .filter((text) => !text.startsWith('ERROR'))
      .map((text) => JSON.parse(text) as Similar);
    const content = JSON.stringify(conclusion(question.declared, similar, files, told('read_file')));
    return modelAnswer({ model: STAND_IN, content, usage: { ...usage, outputTokens: Math.ceil(content.length / 4) } });
  }
}

function conclusion(
  declared: string | null,
  similar: readonly Similar[],
  files: readonly string[],
  texts: readonly string[],
): ReaderAnswer {
  // A file is the text of what it is very like; else of what stands whole in it, and then perhaps of more.
  const found = similar.map(({ file, nearest, contains }) => {
    const [likest] = nearest;
    return { file, licences: likest !== undefined && likest.likeness >= 0.93 ? [likest.licence] : contains };
  });
  const telling = found.find(({ licences }) => licences.length > 0);
  const licences = [...new Set(found.flatMap((text) => text.licences))];
  const file = telling?.file ?? files[0] ?? 'package.json';
  const quote = tellingLine(texts[files.indexOf(file)] ?? '');
  if (telling === undefined) {
    const reason = 'No file is like an official text, or holds one.';
    return { licence: 'NOASSERTION', certainty: 'unsure', file, quote, reason };
  }
  const isPlain = similar.every(({ nearest, contains }) => (nearest[0]?.likeness ?? 0) >= 0.93 || contains.length > 1);
  const isDeclared = declared !== null && licences.includes(declared);
  const licence = licences.join(' AND ');
  return {
    licence,
    certainty: isPlain ? 'certain' : 'probable',
    file,
    quote,
    reason: isDeclared
      ? `The files hold the text of ${licence}; ${declared} alone is declared.`
      : `The files hold the text of ${licence}, whatever is declared.`,
  };
}

/** The first line that grants something, else the longest. */
function tellingLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const granting = lines.find((line) => /permi|grant|licensed under|redistribut/i.test(line) && line.length >= 20);
  return (granting ?? lines.reduce((longest, line) => (line.length > longest.length ? line : longest), '')).slice(
    0,
    300,
  );
}
