// The picture as a PNG: what is on the stage, with the colour bar drawn in.
import { captionOf } from "./colorbar.ts";
import { diverging } from "./colormap.ts";
import { digitsFor, signed } from "./format.ts";
import type { Scene } from "./scene.ts";
import type { Theme } from "./theme.ts";

export function composePicture(pixels: HTMLCanvasElement, scene: Scene, theme: Theme): HTMLCanvasElement {
  const picture = document.createElement("canvas");
  picture.width = pixels.width;
  picture.height = pixels.height;
  const context = picture.getContext("2d")!;
  context.fillStyle = theme.background;
  context.fillRect(0, 0, picture.width, picture.height);
  context.drawImage(pixels, 0, 0);
  if (scene.values !== null) drawBar(context, scene, theme);
  return picture;
}

function drawBar(context: CanvasRenderingContext2D, scene: Scene, theme: Theme): void {
  const unit = context.canvas.height / 50;
  const [width, height] = [14 * unit, unit];
  const [left, top] = [context.canvas.width - width - unit, 2.6 * unit];
  for (let x = 0; x < width; x++) {
    context.fillStyle = `rgb(${diverging((2 * x) / width - 1, 1).join(",")})`;
    context.fillRect(left + x, top, 1.5, height);
  }
  context.fillStyle = theme.text;
  context.font = `${1.2 * unit}px system-ui, sans-serif`;
  context.fillText(captionOf(scene), left, top - 0.6 * unit);
  const digits = digitsFor(scene.limit);
  context.textAlign = "left";
  context.fillText(signed(-scene.limit, digits), left, top + 2.4 * unit);
  context.textAlign = "center";
  context.fillText("0", left + width / 2, top + 2.4 * unit);
  context.textAlign = "right";
  context.fillText(signed(scene.limit, digits), left + width, top + 2.4 * unit);
}

export function download(picture: HTMLCanvasElement, name: string): void {
  const link = document.createElement("a");
  link.href = picture.toDataURL("image/png");
  link.download = name;
  link.click();
}
