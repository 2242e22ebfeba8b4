import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { progressLine, timeLeft } from '../../cli/progress.ts';

function recorder(tty: boolean) {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream & PassThrough;
  let ms = 0;
  const line = progressLine('train', { stream, tty, now: () => ms });
  return {
    at(time: number, done: number, what = 'updates') {
      ms = time;
      line.report({ what, done, total: 1000 });
    },
    line,
    text: () => String(stream.read() ?? ''),
  };
}

describe('progress', () => {
  test('piped: one line a quarter, however many reports and however fast', () => {
    const piped = recorder(false);
    for (let i = 0; i <= 1000; i++) piped.at(i * 7, i);
    piped.line.done('1000 updates');
    const lines = [
      'train: updates',
      'train: updates 25 %',
      'train: updates 50 %',
      'train: updates 75 %',
      'train: updates 100 %',
    ];
    expect(piped.text().split('\n')).toEqual([...lines, 'train: 1000 updates', '']);
  });

  test('piped: a jump over a quarter prints the quarter that was reached, and each phase starts anew', () => {
    const piped = recorder(false);
    piped.at(0, 600);
    piped.at(1, 10, 'saving');
    expect(piped.text().split('\n')).toEqual(['train: updates 50 %', 'train: saving', '']);
  });

  test('on a terminal: redraws ten times a second, with the time left', () => {
    const terminal = recorder(true);
    for (let i = 1; i <= 100; i++) terminal.at(i * 20, i);
    const frames = terminal.text().split('\r').filter(Boolean);
    expect(frames.length).toBe(20);
    expect(frames.at(-1)).toContain('[==                  ] 9 % 0:19 left');
  });

  test('time left is a straight line, and silent while it would be a guess', () => {
    expect(timeLeft({ what: '', done: 250, total: 1000 }, 30_000)).toBe('1:30 left');
    expect(timeLeft({ what: '', done: 0, total: 1000 }, 30_000)).toBe('');
    expect(timeLeft({ what: '', done: Number.NaN, total: 1000 }, 30_000)).toBe('');
    expect(timeLeft({ what: '', done: 1, total: 0 }, 30_000)).toBe('');
  });
});
