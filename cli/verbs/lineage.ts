/** `assay lineage <digest>`: what led to an artifact or a statement, what rests on it, and the people behind it. */
import type { Command } from 'commander';
import { subjectOf } from '../../registry/entries.ts';
import { ancestors, descendants, lineagePeople } from '../../registry/lineage.ts';
import { act, addVerb } from '../command.ts';
import { describeEntry, look, resolveDigest, whoOf } from '../look.ts';

export function addLineage(program: Command): void {
  const verb = addVerb(program, 'lineage <digest>', 'what led to it, what rests on it, who is behind it');
  act(verb, ([text = ''], options) => {
    const { entries } = look(options);
    const digest = resolveDigest(text, entries);
    const [before, after] = [ancestors(digest, entries), descendants(digest, entries)];
    const { people, gaps } = lineagePeople(digest, entries);
    const brief = before.map((entry) => ({
      ...entry,
      subject: subjectOf(entry),
      by: whoOf(entry),
      envelope: undefined,
    }));
    const rest = after.map((entry) => ({ ...entry, subject: subjectOf(entry), by: whoOf(entry), envelope: undefined }));
    const lines = [
      digest,
      'led to it:',
      ...(before.length > 0 ? before.map(describeEntry) : ['      nothing in this log']),
      'rests on it:',
      ...(after.length > 0 ? after.map(describeEntry) : ['      nothing in this log']),
      `people who built it: ${people.map(({ id }) => id).join(', ') || 'none proved'}`,
      ...gaps.map((gap) => `gap: ${gap}`),
    ];
    return { text: lines.join('\n'), value: { digest, ancestors: brief, descendants: rest, people, gaps } };
  });
}
