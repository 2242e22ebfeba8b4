/** `assay show <what>`: a line, or one version, artifact or statement by digest, in full. */
import type { Command } from 'commander';
import { subjectOf } from '../../registry/entries.ts';
import { linesOf } from '../../registry/line-state.ts';
import type { TrustedRegistry } from '../../registry/read.ts';
import { type Answer, act, addVerb } from '../command.ts';
import { describeEntry, look, resolveDigest, short, whoOf } from '../look.ts';

export function addShow(program: Command): void {
  act(addVerb(program, 'show <what>', 'a line by name, or anything by its digest'), ([what = ''], options) => {
    const registry = look(options);
    return linesOf(registry.entries).includes(what) ? showLine(registry, what) : showDigest(registry, what);
  });
}

function showLine(registry: TrustedRegistry, name: string): Answer {
  const { versions, champion, fallback } = registry.line(name);
  const lines = [
    `line ${name}: ${versions.length} versions`,
    `champion  ${champion ? `version ${champion.number}, ${short(champion.model)}` : 'none deployed'}`,
    `fallback  ${fallback ? `version ${fallback.number}, ${short(fallback.model)}` : 'none approved'}`,
    ...versions.map(({ number, model, kind, candidate, approval }) =>
      [`version ${number}`, short(model), kind ?? 'unknown kind', candidate, approval.state, approval.reason].join(
        '  ',
      ),
    ),
  ];
  return { text: lines.join('\n'), value: { line: name, champion, fallback, versions } };
}

function showDigest(registry: TrustedRegistry, text: string): Answer {
  const { entries } = registry;
  const digest = resolveDigest(text, entries);
  const entry = entries.find((candidate) => candidate.digest === digest);
  if (entry) {
    const value = { index: entry.index, digest, kind: entry.kind, by: whoOf(entry), statement: entry.statement };
    const head = `statement ${entry.index}: ${entry.kind} by ${whoOf(entry)}`;
    return { text: `${head}\n${JSON.stringify(entry.statement, null, 2)}`, value };
  }
  const about = entries.filter((candidate) => subjectOf(candidate) === digest);
  const versions = linesOf(entries).flatMap((line) =>
    registry
      .line(line)
      .versions.filter(({ model }) => model === digest)
      .map((version) => ({ line, ...version })),
  );
  const states = versions.map(
    ({ line, number, approval }) => `version ${number} of ${line}: ${approval.state}, ${approval.reason}`,
  );
  const terms = versions.flatMap(({ approval: { terms } }) => (terms ? [JSON.stringify(terms, null, 2)] : []));
  const value = {
    digest,
    versions,
    statements: about.map(({ index, kind, statement }) => ({ index, kind, statement })),
  };
  return { text: [digest, ...states, ...terms, ...about.map(describeEntry)].join('\n'), value };
}
