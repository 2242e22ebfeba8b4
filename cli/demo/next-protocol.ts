/** A next version of a protocol in which one schedule cannot win again, so that tuning finds another one. */
import { AssayError } from '../../core/errors.ts';
import type { Protocol } from '../../validation/protocol.ts';
import type { TuningReport } from '../../validation/report/tuning.ts';

/**
 * In the grid of the baseline that won, the winning number of its longest axis gives way to its neighbour; the rest stays.
 * @param document the protocol as it is in its file
 */
export function withoutChosen(document: Protocol, { baselines, chosen }: TuningReport): Protocol {
  const won = baselines.findIndex(({ name }) => name === chosen.name);
  const changed = document.baselines.map((baseline, i) => {
    if (i !== won) return baseline;
    const { grid } = baseline;
    const axes = Object.entries(grid) as [keyof typeof grid, number[]][];
    const [axis, values] = axes.reduce((longest, one) => (one[1].length > longest[1].length ? one : longest));
    const at = values.indexOf(chosen.settings[axis]);
    const neighbour = values[at + 1] ?? values[at - 1];
    if (at < 0 || neighbour === undefined)
      throw new AssayError('ASSAY_INTERNAL', { reason: `${chosen.name} was not tuned on its own grid` });
    return { ...baseline, grid: { ...grid, [axis]: values.with(at, neighbour) } };
  });
  const version = document.version + 1;
  const reason = `For the demo: a second schedule, so ${chosen.name} is tried without the settings that the line opened with.`;
  return { ...document, version, history: [...document.history, { version, reason }], baselines: changed };
}
