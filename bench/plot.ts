/** Growth curves as an SVG picture: time relative to that of the smallest size, over the size; both axes are logarithmic. */
import type { Growth } from './growth.ts';

const [WIDTH, HEIGHT] = [720, 400];
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 260, 24, 48];
/** Distinguishable with the common colour blindnesses (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];
/** Of the axis of times at least: a flat curve is to look flat. */
const LEAST_RANGE = [0.5, 8] as const;

export function plot(curves: readonly Growth[]): string {
  const relative = curves.map(({ points }) =>
    points.map(([size, value]) => [size, value / (points[0]?.[1] ?? 1)] as const),
  );
  const sizes = relative.flat().map(([size]) => size);
  const ratios = relative.flat().map(([, ratio]) => ratio);
  const x = scale([Math.min(...sizes), Math.max(...sizes)], [LEFT, WIDTH - RIGHT]);
  const y = scale([Math.min(LEAST_RANGE[0], ...ratios), Math.max(LEAST_RANGE[1], ...ratios)], [HEIGHT - BOTTOM, TOP]);
  const ticks = [...new Set(sizes)]
    .sort((a, b) => a - b)
    .map((size) => label(x(size), HEIGHT - BOTTOM + 18, String(size), 'middle'));
  const grid = [0.5, 1, 2, 4, 8, 16, 32]
    .filter((ratio) => y(ratio) >= TOP - 1 && y(ratio) <= HEIGHT - BOTTOM + 1)
    .flatMap((ratio) => [
      `<line x1="${LEFT}" y1="${round(y(ratio))}" x2="${WIDTH - RIGHT}" y2="${round(y(ratio))}" stroke="#ddd"/>`,
      label(LEFT - 8, y(ratio) + 4, `${ratio} x`, 'end'),
    ]);
  const lines = relative.flatMap((points, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const at = points.map(([size, ratio]) => `${round(x(size))},${round(y(ratio))}`);
    const { what, operation } = curves[index] ?? { what: '', operation: '' };
    const row = TOP + 12 + index * 36;
    return [
      `<polyline points="${at.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...at.map((point) => `<circle cx="${point.split(',')[0]}" cy="${point.split(',')[1]}" r="3" fill="${colour}"/>`),
      `<line x1="${WIDTH - RIGHT + 16}" y1="${row - 4}" x2="${WIDTH - RIGHT + 36}" y2="${row - 4}" stroke="${colour}" stroke-width="2"/>`,
      label(WIDTH - RIGHT + 44, row, what, 'start'),
      label(WIDTH - RIGHT + 44, row + 14, operation, 'start', '#666'),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    '<title>Time against how many there are, relative to the fewest</title>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...grid,
    ...ticks,
    label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, 'how many there are', 'middle'),
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

/** From a range to another, logarithmic. */
function scale(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
): (value: number) => number {
  return (value) => from + ((Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low) || 1)) * (to - from);
}

const round = (value: number): string => value.toFixed(1);

function label(x: number, y: number, text: string, anchor: string, colour = '#000'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${colour}">${text}</text>`;
}
