// What the layers mean: one line for each set of arrows with a scale, for the glyphs, for surfaces and slice.
import { cssGradient } from "./colormap.ts";
import { make } from "./dom.ts";
import { digitsFor, plainNumber, signed } from "./format.ts";
import { AXIAL } from "./glyph.ts";
import type { Scene } from "./scene.ts";

const [SHORTEST, LONGEST] = [22, 70]; // pixels of a scale

/** The largest of 1, 2 and 5 times a power of ten whose length on the screen fits. */
export function roundScale(pixelsPerUnit: number): { value: number; pixels: number } {
  const most = LONGEST / pixelsPerUnit;
  const decade = 10 ** Math.floor(Math.log10(most));
  const value = [5, 2, 1].map((digit) => digit * decade).find((candidate) => candidate <= most * (1 + 1e-9)) ?? decade;
  return { value, pixels: Math.max(SHORTEST / 4, value * pixelsPerUnit) };
}

export interface LegendLine {
  colour: string | null;
  /** Pixels of the scale; null for none. */
  pixels: number | null;
  text: string;
  /** A ramp of colours from minus to plus this text. */
  ramp: string | null;
}

export function legendLines(scene: Scene, pixelsPerAngstrom: number): LegendLine[] {
  const lines = scene.arrows
    .filter((arrows) => arrows.vectors.length > 0)
    .map((arrows): LegendLine => {
      const { value, pixels } = roundScale(arrows.length_per_unit * pixelsPerAngstrom);
      // "is": a key of lengths, which a bare "field: 0.5 V/Å" would pass for the field itself.
      const text = `${arrows.label}: this long is ${plainNumber(value)} ${arrows.unit}`.trimEnd();
      return { colour: arrows.color, pixels, text, ramp: null };
    });
  return [...lines, ...tensorLines(scene), ...volumeLines(scene)];
}

function tensorLines({ tensors }: Scene): LegendLine[] {
  if (tensors === null) return [];
  const axial = { colour: `rgb(${AXIAL.join(",")})`, pixels: SHORTEST, text: "antisymmetric part", ramp: null };
  return [ramp(`${tensors.label}, eigenvalues`, tensors.limit, tensors.unit), axial];
}

function volumeLines({ volume }: Scene): LegendLine[] {
  if (volume === null) return [];
  const { label, unit, isovalue, slice, limit } = volume;
  const surface = isovalue === null ? "" : `${label}: surfaces at ±${plainNumber(isovalue)} ${unit}`.trimEnd();
  const lines = surface === "" ? [] : [{ colour: null, pixels: null, text: surface, ramp: null }];
  return slice === null ? lines : [...lines, ramp(`${label}, slice`, limit, unit)];
}

function ramp(text: string, limit: number, unit: string): LegendLine {
  const end = `${signed(limit, Math.max(0, digitsFor(limit) - 1)).slice(1)} ${unit}`.trimEnd();
  return { colour: null, pixels: null, text, ramp: end };
}

export class Legend {
  private readonly panel: HTMLElement;
  private shown = "";

  constructor(parent: HTMLElement) {
    this.panel = make("div", "les-panel les-legend", parent);
  }

  show(lines: LegendLine[]): void {
    const key = JSON.stringify(lines);
    if (key === this.shown) return;
    this.shown = key;
    this.panel.classList.toggle("les-hidden", lines.length === 0);
    this.panel.replaceChildren();
    for (const line of lines) this.add(line);
  }

  private add(line: LegendLine): void {
    const row = make("div", "les-legend-line", this.panel);
    if (line.pixels !== null && line.colour !== null) {
      const scale = make("span", "les-scale", row);
      scale.style.width = `${Math.round(line.pixels)}px`;
      scale.style.color = line.colour;
    }
    make("span", "", row).textContent = line.text;
    if (line.ramp === null) return;
    make("span", "les-ramp-end", row).textContent = `\u2212${line.ramp}`;
    make("span", "les-ramp", row).style.background = cssGradient();
    make("span", "les-ramp-end", row).textContent = `+${line.ramp}`;
  }
}
