// The picture as a PNG: what is on the stage, with the colour bar drawn in.
import { captionOf } from "./colorbar.ts";
import { diverging, shownPart } from "./colormap.ts";
import { digitsFor, signed } from "./format.ts";
import type { LegendLine } from "./legend.ts";
import type { Scene } from "./scene.ts";
import type { Theme } from "./theme.ts";

/** What lies over each other on the stage. */
export interface Layers {
  pixels: HTMLCanvasElement;
  notes: HTMLCanvasElement;
  lines: LegendLine[];
}

export function composePicture({ pixels, notes, lines }: Layers, scene: Scene, theme: Theme): HTMLCanvasElement {
  const picture = document.createElement("canvas");
  picture.width = pixels.width;
  picture.height = pixels.height;
  const context = picture.getContext("2d")!;
  context.fillStyle = theme.background;
  context.fillRect(0, 0, picture.width, picture.height);
  context.drawImage(pixels, 0, 0);
  context.drawImage(notes, 0, 0, picture.width, picture.height);
  if (scene.values !== null) drawBar(context, scene, theme);
  const pixelsPerPixel = pixels.width / Math.max(1, pixels.clientWidth);
  [...lines].reverse().forEach((line, i) => drawLine(context, line, i, theme, pixelsPerPixel));
  return picture;
}

/** A line of the legend, the i-th from below, in the right lower corner. */
function drawLine(context: CanvasRenderingContext2D, line: LegendLine, i: number, theme: Theme, scale: number): void {
  const unit = context.canvas.height / 50;
  const [right, bottom] = [context.canvas.width - unit, context.canvas.height - unit * (1 + 1.8 * i)];
  const text = line.ramp === null ? line.text : `${line.text} \u00b1${line.ramp}`;
  context.fillStyle = theme.text;
  context.font = `${1.2 * unit}px system-ui, sans-serif`;
  context.textAlign = "right";
  context.fillText(text, right, bottom);
  if (line.pixels === null || line.colour === null) return;
  const [width, left] = [line.pixels * scale, right - context.measureText(text).width - unit];
  context.fillStyle = line.colour;
  context.fillRect(left - width, bottom - 0.55 * unit, width, 0.3 * unit);
}

function drawBar(context: CanvasRenderingContext2D, scene: Scene, theme: Theme): void {
  const unit = context.canvas.height / 50;
  const [width, height] = [14 * unit, unit];
  const [left, top] = [context.canvas.width - width - unit, 2.6 * unit];
  const [low, high] = shownPart(scene.values);
  for (let x = 0; x < width; x++) {
    context.fillStyle = `rgb(${diverging(low + ((high - low) * x) / width, 1).join(",")})`;
    context.fillRect(left + x, top, 1.5, height);
  }
  context.fillStyle = theme.text;
  context.font = `${1.2 * unit}px system-ui, sans-serif`;
  context.fillText(captionOf(scene), left, top - 0.6 * unit);
  const digits = digitsFor(scene.limit);
  const places = [["left", 0], ["center", 0.5], ["right", 1]] as const;
  for (const [align, part] of places) {
    const at = low + part * (high - low);
    context.textAlign = align;
    context.fillText(signed(at * scene.limit, at === 0 ? 0 : digits), left + part * width, top + 2.4 * unit);
  }
}

export function download(picture: HTMLCanvasElement, name: string): void {
  const link = document.createElement("a");
  link.href = picture.toDataURL("image/png");
  link.download = name;
  link.click();
}
