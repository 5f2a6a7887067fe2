// Diverging colours, blue (−) through near-white (0) to red (+): two straight lines in OKLab, equal in lightness and
// chroma, so that equal steps in value look equally large and both signs look equally strong. Blue against red stays
// distinct under the common colour vision deficiencies. OKLab: B. Ottosson, 2020.

export type Rgb = readonly [number, number, number];

const MIDDLE = { lightness: 0.945, chroma: 0, hue: 0 };
const NEGATIVE = { lightness: 0.52, chroma: 0.165, hue: 258 };
const POSITIVE = { lightness: 0.52, chroma: 0.165, hue: 25 };
const STEPS = 256;

type Lab = readonly [number, number, number];

function lab(c: { lightness: number; chroma: number; hue: number }): Lab {
  const angle = (c.hue * Math.PI) / 180;
  return [c.lightness, c.chroma * Math.cos(angle), c.chroma * Math.sin(angle)];
}

/** OKLab to linear sRGB; components outside [0, 1] are outside the gamut. */
export function oklabToLinear([L, a, b]: Lab): Rgb {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function encode(linear: number): number {
  const x = Math.min(1, Math.max(0, linear));
  return Math.round(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055));
}

/** OKLab coordinates at t in [−1, 1]. */
export function divergingLab(t: number): Lab {
  const from = lab(MIDDLE);
  const to = lab(t < 0 ? NEGATIVE : POSITIVE);
  const weight = Math.min(1, Math.abs(t));
  return [0, 1, 2].map((i) => from[i]! + weight * (to[i]! - from[i]!)) as unknown as Lab;
}

const TABLE: Rgb[] = Array.from({ length: 2 * STEPS + 1 }, (_, i) => {
  const [r, g, b] = oklabToLinear(divergingLab((i - STEPS) / STEPS));
  return [encode(r), encode(g), encode(b)];
});

/** Colour of a value on a scale that is symmetric about zero; values beyond ±limit take the end colour. */
export function diverging(value: number, limit: number): Rgb {
  const t = limit > 0 ? Math.min(1, Math.max(-1, value / limit)) : 0;
  return TABLE[Math.round((Number.isFinite(t) ? t : 0) * STEPS) + STEPS]!;
}

export const toHex = ([r, g, b]: Rgb): number => (r << 16) | (g << 8) | b;

/** CSS gradient over a part of the scale, by default from −limit (left) to +limit (right). */
export function cssGradient([low, high]: readonly [number, number] = [-1, 1], stops = 16): string {
  const colours = Array.from({ length: stops + 1 }, (_, i) => `rgb(${diverging(low + ((high - low) * i) / stops, 1).join(",")})`);
  return `linear-gradient(90deg, ${colours.join(", ")})`;
}

/** The part of a scale that is worth showing: one side of it where all values lie there, as lengths and spreads do. */
export function shownPart(values: ArrayLike<number> | null): readonly [number, number] {
  let [low, high] = [0, 0];
  for (let i = 0; values !== null && i < values.length; i++) [low, high] = [Math.min(low, values[i]!), Math.max(high, values[i]!)];
  if (low === high) return [-1, 1];
  return [low < 0 ? -1 : 0, high > 0 ? 1 : 0];
}
